// What steers the daemon: reload, pause and drain in the head, scale beside the workers.

import * as api from './api.js';
import {act, askForNumber, confirm, toast} from './dialogs.js';
import {byId, setText} from './dom.js';
import {count, duration, plural} from './format.js';
import {refreshSettings} from './settings.js';

const BUTTONS = ['reload', 'pause', 'drain', 'scale'];

/** The `stats` of the daemon that were seen last; null while it does not answer. */
let current = null;

/** Whether tasks are refused or held back, which `resume` ends. */
const isHeld = ({paused, draining}) => paused || draining;

/** How far a drain is, as `[text, tone]`; null when there is none. */
export function drainNotice({draining, stopping, tasks}) {
    if (!draining || stopping) {
        return null;
    }
    const left = tasks.in_flight;
    return left > 0
        ? [`Draining: ${plural(left, 'task')} ${left === 1 ? 'is' : 'are'} left. New tasks are refused.`, 'warn']
        : ['Drained: all tasks are finished, and new ones are refused. Stop the daemon now, or resume.', 'good'];
}

/** Offers what `stats` allow; nothing while the daemon does not answer (`null`). */
export function showControls(stats) {
    current = stats;
    if (stats === null || stats.stopping) {
        BUTTONS.forEach((id) => (byId(id).disabled = true));
        return;
    }
    byId('reload').disabled = Boolean(stats.reloading);
    byId('pause').disabled = false;
    byId('drain').disabled = Boolean(stats.draining);
    byId('scale').disabled = false;
    byId('scale').hidden = Boolean(stats.pools); // each of several has a button of its own
    setText(byId('pause'), isHeld(stats) ? 'Resume' : 'Pause');
}

async function reload() {
    const yes = await confirm({
        title: 'Reload the workers?',
        text: 'A new worker starts first. When it is up, each of the others is replaced as soon as its task ends; no task is lost.',
        yes: 'Reload',
    });
    if (yes) {
        await act(api.reload, ({replaced, took_ms: took}) => `${plural(replaced, 'worker')} replaced in ${duration(took)}.`);
        refreshSettings();
    }
}

async function pauseOrResume() {
    if (current && isHeld(current)) {
        await act(() => api.resume(), () => 'Tasks are taken and served.');
        return;
    }
    const yes = await confirm({
        title: 'Pause the queue?',
        text: 'Tasks that run go on; those that wait, and those that come, wait until you resume, and time out as ever.',
        yes: 'Pause',
    });
    if (yes) {
        await act(() => api.pause(), () => 'The queue is paused.');
    }
}

async function drain() {
    const yes = await confirm({
        title: 'Drain the daemon?',
        text: 'Tasks that wait or run are finished; new ones are refused (SHUTTING_DOWN), and the daemon is not ready for load balancers. It goes on until you stop it or resume.',
        yes: 'Drain',
        danger: true,
    });
    if (yes) {
        await act(api.drain, ({in_flight: left}) => (left > 0 ? `${plural(left, 'task')} to finish.` : 'No task is left.'));
    }
}

async function scale() {
    const {fixed_workers: fixed, max_workers: max} = current.pool;
    const kept = await askForNumber({
        text: `From 0 to max_workers, which is ${count(max)}. Those that lack are started, those that are too many end after their task. Lasts until the daemon ends, or a reload finds another fixed_workers.`,
        value: fixed,
        submit: (workers) => api.scale(workers),
    });
    if (kept !== null) {
        toast(`Workers kept from now on: ${count(kept.fixed_workers)}.`);
        refreshSettings();
    }
}

/** Has the buttons do what they say. */
export function watchControls() {
    [reload, pauseOrResume, drain, scale].forEach((action, i) => byId(BUTTONS[i]).addEventListener('click', action));
}
