// All that is kept of one task, in a dialog that #task=ID opens, so that it can be linked to.

import * as api from './api.js';
import {explanation} from './dialogs.js';
import {byId, element, setText, showText} from './dom.js';
import {clock, duration, NONE, percent} from './format.js';

const EVERY_MS = 1000;
const HASH = '#task=';
const OVER = ['completed', 'failed', 'cancelled'];

/** The address of a task's detail. */
export const addressOf = (taskId) => HASH + encodeURIComponent(taskId);

/** A link to a task's detail, with a text of its own. */
export const linkTo = (taskId, text, attributes = {}) => element('a', {...attributes, href: addressOf(taskId)}, text);

const time = (iso) => (iso ? clock(Date.parse(iso), true) : undefined);

function progress(task) {
    const {fraction, message} = task.progress ?? {};
    return [fraction == null ? '' : percent(fraction), message ?? ''].filter(Boolean).join(' · ');
}

/** Title and text of each fact; those without a text are left out. */
const facts = (task) => [
    ['Name', task.name],
    ['State', task.status],
    ['Submitted', time(task.submitted_at)],
    ['Started', time(task.started_at)],
    ['Ended', time(task.completed_at)],
    ['Waited', duration(task.queued_ms)],
    ['Ran', task.started_at ? duration(task.ran_ms) : undefined],
    ['Worker', task.worker],
    ['Process', task.pid === undefined ? undefined : `pid ${task.pid}`],
    ['Progress', progress(task)],
    ['Kind', task.error_code],
    ['Class', task.class],
    ['Code', task.code ? String(task.code) : undefined],
    ['Place', task.file === undefined ? undefined : `${task.file}:${task.line ?? 0}`],
];

const block = (title, text) => [element('h3', {}, title), element('pre', {tabindex: '0'}, text)];

/** The blocks that are shown: they are made anew only when they change, so that a selection in them stays. */
let shown = '';

function show(task) {
    byId('detail-facts').replaceChildren(
        ...facts(task)
            .filter(([, text]) => text && text !== NONE)
            .flatMap(([title, text]) => [element('dt', {}, title), element('dd', {}, text)]),
    );
    const blocks = [['Error', task.error], ['Trace', task.trace], ['Output', task.output]].filter(([, text]) => text);
    const texts = JSON.stringify(blocks);
    if (shown !== texts) {
        shown = texts;
        byId('detail-blocks').replaceChildren(...blocks.flatMap(([title, text]) => block(title, text)));
    }
}

async function look(taskId) {
    let task;
    try {
        task = await api.task(taskId);
        showText(byId('detail-error'), '');
        show(task);
    } catch (error) {
        showText(byId('detail-error'), explanation(error));
    }
    if (byId('detail').open && location.hash === addressOf(taskId) && task && !OVER.includes(task.status)) {
        setTimeout(() => look(taskId), EVERY_MS);
    }
}

function open() {
    if (!location.hash.startsWith(HASH)) {
        byId('detail').close();
        return;
    }
    let taskId;
    try {
        taskId = decodeURIComponent(location.hash.slice(HASH.length));
    } catch {
        return; // not an address of ours
    }
    setText(byId('detail-title'), taskId);
    byId('detail-facts').replaceChildren();
    byId('detail-blocks').replaceChildren();
    shown = '';
    if (!byId('detail').open) {
        byId('detail').showModal();
    }
    look(taskId);
}

/** Shows the task that the address names, now and whenever the address changes. */
export function watchAddress() {
    addEventListener('hashchange', open);
    byId('detail').addEventListener('close', () => {
        if (location.hash.startsWith(HASH)) {
            history.replaceState(null, '', location.pathname + location.search);
        }
    });
    open();
}
