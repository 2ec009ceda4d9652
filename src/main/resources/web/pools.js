// The pools of workers, where the configuration names some: how each is doing, and what steers it.

import * as api from './api.js';
import {act, askForNumber, confirm, toast} from './dialogs.js';
import {byId, element, keyedRows, setHint, setText, showText} from './dom.js';
import {count, duration, NONE, plural} from './format.js';

const LABELS = ['Pool', 'State', 'Workers', 'Waiting', 'Restarts', ''];

const cell = (kind) => element('td', kind ? {class: kind} : {});

/** What a pool does, and how that is coloured. */
function standing(pool) {
    if (pool.start_failure) {
        return ['broken', 'ending'];
    }
    if (pool.paused) {
        return ['paused', 'starting'];
    }
    return pool.busy > 0 ? ['busy', 'busy'] : ['idle', 'idle'];
}

async function pauseOrResume({name, paused}) {
    if (paused) {
        await act(() => api.resume(name), () => `The tasks of pool ${name} are served.`);
        return;
    }
    const yes = await confirm({
        title: `Pause the pool ${name}?`,
        text: 'Its tasks that run go on; those that wait, and those that come, wait until you resume, and time out as ever. Other pools go on.',
        yes: 'Pause',
    });
    if (yes) {
        await act(() => api.pause(name), () => `The pool ${name} is paused.`);
    }
}

async function scale({name, fixed_workers: fixed, max_workers: max}) {
    const kept = await askForNumber({
        text: `Of pool ${name}, from 0 to its max_workers, which is ${count(max)}. Those that lack are started, those that are too many end after their task. Lasts until the daemon ends, or a reload finds another fixed_workers.`,
        value: fixed,
        submit: (workers) => api.scale(workers, name),
    });
    if (kept !== null) {
        toast(`Workers kept in pool ${name} from now on: ${count(kept.fixed_workers)}.`);
    }
}

function poolRow() {
    const name = element('strong');
    const why = element('p', {class: 'why', 'data-status': 'failed'});
    const state = element('span', {class: 'state'});
    const pause = element('button', {type: 'button', class: 'button small'});
    const resize = element('button', {type: 'button', class: 'button small'}, 'Scale');
    const cells = [cell('lead wide'), cell(), cell('number'), cell('number'), cell('number'), cell('action')];
    cells.forEach((one, i) => one.setAttribute('data-label', LABELS[i]));
    cells[0].append(name, why);
    cells[1].append(state);
    cells[5].append(pause, ' ', resize);
    let current;
    pause.addEventListener('click', () => pauseOrResume(current));
    resize.addEventListener('click', () => scale(current));
    return {
        node: element('tr', {}, ...cells),
        update(pool) {
            current = pool;
            const [word, tone] = standing(pool);
            setText(name, pool.name);
            showText(why, pool.start_failure);
            setText(state, word);
            state.dataset.state = tone;
            setText(cells[2], `${count(pool.busy)} of ${count(pool.idle + pool.busy)} busy, ${count(pool.fixed_workers)} kept, at most ${count(pool.max_workers)}`);
            setText(cells[3], pool.queue.length > 0 ? `${count(pool.queue.length)} for ${duration(pool.queue.oldest_ms)}` : NONE);
            setText(cells[4], count(pool.restarts));
            setText(pause, pool.paused ? 'Resume' : 'Pause');
            setHint(pause, 'aria-label', `${pool.paused ? 'Resume' : 'Pause'} pool ${pool.name}`);
            setHint(resize, 'aria-label', `Scale pool ${pool.name}`);
        },
    };
}

/** What shows the `stats.pools` of each look; hidden where there is one pool. */
export function poolsPanel() {
    const rows = keyedRows(byId('pools').tBodies[0], (pool) => pool.name, poolRow);
    return (pools) => {
        byId('pools-panel').hidden = !pools;
        if (pools) {
            setText(byId('pools-sum'), plural(Object.keys(pools).length, 'pool'));
            rows(Object.entries(pools).map(([name, pool]) => ({...pool, name})));
        }
    };
}
