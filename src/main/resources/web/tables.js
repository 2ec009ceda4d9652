// The tables of workers, failures and tasks.

import {addressOf, linkTo} from './detail.js';
import {byId, element, keyedRows, setHint, setText, showText} from './dom.js';
import {ago, bytes, clock, count, duration, NONE, percent} from './format.js';

const cell = (kind) => element('td', kind ? {class: kind} : {});
const isNumber = (value) => typeof value === 'number';

/** Sets texts and labels of a row's cells; the labels are what phones show in place of the head. */
function labelled(labels, cells) {
    cells.forEach((one, i) => one.setAttribute('data-label', labels[i]));
    return cells;
}

/** Has `link` lead to a task's detail, or nowhere. */
function linkOrNot(link, taskId) {
    if (taskId === undefined) {
        link.removeAttribute('href');
    } else if (link.getAttribute('href') !== addressOf(taskId)) {
        link.setAttribute('href', addressOf(taskId));
    }
}

const WORKER_LABELS = ['Worker', 'State', 'Task', 'Running for', 'Done', 'Memory', 'CPU', 'Age'];

function workerRow() {
    const name = element('strong');
    const pid = element('span', {class: 'muted'});
    const state = element('span', {class: 'state'});
    const task = element('a', {class: 'id'});
    const cells = labelled(WORKER_LABELS, [
        cell('lead'), cell(), cell('wide'), cell('number'), cell('number'), cell('number'), cell('number'), cell('number'),
    ]);
    cells[0].append(name, ' ', pid);
    cells[1].append(state);
    cells[2].append(task);
    return {
        node: element('tr', {}, ...cells),
        update(worker) {
            setText(name, worker.name);
            setText(pid, worker.pid ? `pid ${worker.pid}` : '');
            setText(state, worker.state);
            state.dataset.state = worker.state;
            setText(task, worker.task_id ?? NONE);
            setHint(task, 'title', worker.task_id ?? '');
            linkOrNot(task, worker.task_id);
            setText(cells[3], duration(worker.task_age_ms));
            setText(cells[4], count(worker.served));
            setText(cells[5], bytes(worker.memory_bytes));
            setText(cells[6], percent(worker.cpu_share));
            setText(cells[7], duration(isNumber(worker.age_ms) ? Math.floor(worker.age_ms / 1000) * 1000 : undefined));
        },
    };
}

/** `work-2` before `work-10`. */
const byName = new Intl.Collator('en', {numeric: true});

/** The table of workers; answers what shows a list of them. */
export function workersTable() {
    const cpu = new CpuShares();
    const rows = keyedRows(byId('workers').tBodies[0], (worker) => `${worker.name} ${worker.pid}`, workerRow);
    return (workers, {fixed, now, failure}) => {
        const sorted = workers.toSorted((a, b) => byName.compare(a.name, b.name));
        rows(sorted.map((worker) => ({...worker, cpu_share: cpu.of(worker, now)})));
        cpu.forget(workers);
        byId('workers').hidden = workers.length === 0;
        const none = failure
            ? 'No worker runs.'
            : fixed === 0
                ? 'No worker runs: with fixed_workers 0 they start when tasks come.'
                : 'No worker runs yet.';
        showText(byId('workers-empty'), workers.length === 0 ? none : '');
    };
}

/** Share of a core that each worker used between two looks. */
class CpuShares {
    #seen = new Map();

    of({pid, cpu_ms: used}, now) {
        if (!isNumber(used)) {
            return undefined;
        }
        const before = this.#seen.get(pid);
        if (!before || now - before.at >= 900) {
            const share = before ? Math.max(0, used - before.used) / (now - before.at) : undefined;
            this.#seen.set(pid, {used, at: now, share});
        }
        return this.#seen.get(pid).share;
    }

    forget(workers) {
        const pids = new Set(workers.map(({pid}) => pid));
        [...this.#seen.keys()].filter((pid) => !pids.has(pid)).forEach((pid) => this.#seen.delete(pid));
    }
}

const TASK_LABELS = ['Task', 'Status', 'Worker', 'Submitted', 'Waited', 'Ran', ''];

/** Where a task stands, in the words of the protocol, or the code of its failure. */
const standing = (task) => (task.status === 'failed' ? task.error_code ?? 'failed' : task.status);

const OVER = ['completed', 'failed', 'cancelled'];

function progressText(progress) {
    if (!progress) {
        return '';
    }
    return [isNumber(progress.fraction) ? percent(progress.fraction) : '', progress.message ?? '']
        .filter(Boolean)
        .join(' · ');
}

function taskRow(onCancel) {
    const id = element('a', {class: 'id'});
    const error = element('p', {class: 'why'});
    const bar = element('progress', {max: '1'});
    const progress = element('p', {class: 'progress'}, bar, element('span'));
    const status = element('span', {class: 'status'});
    const cancel = element('button', {type: 'button', class: 'button small danger'}, 'Cancel');
    const cells = labelled(TASK_LABELS, [
        cell('lead wide'), cell(), cell(), cell('number'), cell('number'), cell('number'), cell('action'),
    ]);
    cells[0].append(id, error, progress);
    cells[1].append(status);
    cells[6].append(cancel);
    let current;
    cancel.addEventListener('click', () => onCancel(current));
    return {
        node: element('tr', {}, ...cells),
        update(task, now) {
            current = task;
            const ended = OVER.includes(task.status);
            setText(id, task.task_id);
            linkOrNot(id, task.task_id);
            showText(error, task.error);
            error.dataset.status = task.status;
            const said = ended ? '' : progressText(task.progress);
            progress.hidden = said === '';
            setText(progress.lastChild, said);
            bar.hidden = !isNumber(task.progress?.fraction);
            bar.value = task.progress?.fraction ?? 0;
            setText(status, standing(task));
            status.dataset.status = task.status;
            setText(cells[2], task.worker ?? NONE);
            const submitted = Date.parse(task.submitted_at);
            setText(cells[3], ago(now - submitted));
            cells[3].title = clock(submitted);
            setText(cells[4], duration(task.queued_ms));
            setText(cells[5], task.status === 'pending' ? NONE : duration(task.ran_ms));
            cancel.hidden = ended;
            setHint(cancel, 'aria-label', `Cancel task ${task.task_id}`);
        },
    };
}

const FAILURE_LABELS = ['Kind and place', 'Times', 'Last', 'First', ''];

/** What distinguishes a group of failures. */
const groupKey = ({error_code: code, class: type, file, line}) => JSON.stringify([code, type, file, line]);

function failureRow() {
    const kind = element('strong');
    const place = element('code', {class: 'place'});
    const error = element('p', {class: 'why'});
    const newest = linkTo('', 'Newest', {class: 'button small'});
    const cells = labelled(FAILURE_LABELS, [
        cell('lead wide'), cell('number'), cell('number'), cell('number'), cell('action'),
    ]);
    cells[0].append(kind, ' ', place, error);
    cells[4].append(newest);
    return {
        node: element('tr', {}, ...cells),
        update(group, now) {
            setText(kind, group.error_code);
            setText(place, [group.class, group.file && `${group.file}:${group.line ?? 0}`].filter(Boolean).join(' at '));
            setText(error, group.error);
            setText(cells[1], count(group.count));
            for (const [i, iso] of [[2, group.last_at], [3, group.first_at]]) {
                setText(cells[i], ago(now - Date.parse(iso)));
                cells[i].title = clock(Date.parse(iso));
            }
            linkOrNot(newest, group.task_id);
            setHint(newest, 'aria-label', `Newest: ${group.task_id}`);
        },
    };
}

/** The table of failures by kind and place; answers what shows a list of them. */
export function failuresTable() {
    const rows = keyedRows(byId('failures').tBodies[0], groupKey, failureRow);
    return (groups, now) => {
        byId('failures-panel').hidden = groups.length === 0;
        rows(groups, now);
    };
}

const NOTHING = {
    current: 'No task waits or runs.',
    recent: 'No task has ended yet.',
    failed: 'No task has failed.',
};

/**
 * The table of tasks with its tabs; answers what shows `{current, recent, failed}`, of which there may be
 * more than are listed.
 */
export function tasksTable(onCancel) {
    const rows = keyedRows(
        byId('tasks').tBodies[0],
        (task) => `${task.submitted_at} ${task.task_id}`,
        () => taskRow(onCancel),
    );
    const tabs = [...document.querySelectorAll('#tasks-tabs button')];
    let view = 'recent';
    let lists = {current: [], recent: [], failed: []};
    let totals = {};
    let now = 0;
    const show = () => {
        const list = lists[view];
        rows(list, now);
        byId('tasks').hidden = list.length === 0;
        const unlisted = (totals[view] ?? 0) - list.length;
        const rest = unlisted > 0 ? `${count(unlisted)} more are not listed.` : '';
        showText(byId('tasks-empty'), list.length === 0 ? NOTHING[view] : rest);
    };
    for (const tab of tabs) {
        tab.addEventListener('click', () => {
            view = tab.dataset.view;
            tabs.forEach((one) => one.setAttribute('aria-pressed', String(one === tab)));
            show();
        });
    }
    return (nextLists, nextTotals, at) => {
        lists = nextLists;
        totals = nextTotals;
        now = at;
        for (const tab of tabs) {
            const total = totals[tab.dataset.view];
            setText(tab.querySelector('span'), total === undefined ? '' : count(total));
        }
        show();
    };
}
