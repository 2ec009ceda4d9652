// The nodes, queues and dead letters of the cluster; of a daemon on its own nothing is shown or asked for.

import * as api from './api.js';
import {byId, element, keyedRows, setHint, setText, showText} from './dom.js';
import {ago, clock, count, duration, NONE, plural} from './format.js';

const EVERY_MS = 5000;

const cell = (kind) => element('td', kind ? {class: kind} : {});

function labelled(labels, cells) {
    cells.forEach((one, i) => one.setAttribute('data-label', labels[i]));
    return cells;
}

const NODE_LABELS = ['Node', 'State', 'Workers', 'Leases', 'Queue', 'Release', 'Heard of'];

function nodeRow() {
    const name = element('strong');
    const about = element('span', {class: 'muted'});
    const state = element('span', {class: 'state'});
    const cells = labelled(NODE_LABELS, [
        cell('lead'), cell(), cell('number'), cell('number'), cell('number'), cell(), cell('number'),
    ]);
    cells[0].append(name, ' ', about);
    cells[1].append(state);
    return {
        node: element('tr', {}, ...cells),
        update(node, self) {
            setText(name, node.host ?? node.id);
            setHint(name, 'title', node.id);
            setText(about, [`pid ${node.pid ?? NONE}`, node.version, node.id === self ? 'this one' : ''].filter(Boolean).join(' · '));
            setText(state, node.draining ? 'draining' : node.busy > 0 ? 'busy' : 'idle');
            state.dataset.state = node.busy > 0 ? 'busy' : 'idle';
            setText(cells[2], `${count(node.busy)} of ${count(node.workers)} busy`);
            setText(cells[3], count(node.leases));
            setText(cells[4], count(node.queued));
            setText(cells[5], node.release ?? NONE);
            setText(cells[6], ago(node.seen_ms));
        },
    };
}

const LETTER_LABELS = ['Task', 'Why', 'Nodes lost', 'Died', ''];

function letterRow(onRetry, onDrop) {
    const id = element('strong', {class: 'id'});
    const why = element('p', {class: 'why'});
    const facts = element('dl');
    const kind = element('span', {class: 'status', 'data-status': 'failed'});
    const retry = element('button', {type: 'button', class: 'button small'}, 'Run again');
    const drop = element('button', {type: 'button', class: 'button small danger'}, 'Drop');
    const cells = labelled(LETTER_LABELS, [cell('lead wide'), cell(), cell('number'), cell('number'), cell('action')]);
    cells[0].append(id, why, element('details', {}, element('summary', {}, 'Details'), facts));
    cells[1].append(kind);
    cells[4].append(retry, ' ', drop);
    let current;
    retry.addEventListener('click', () => onRetry(current));
    drop.addEventListener('click', () => onDrop(current));
    return {
        node: element('tr', {}, ...cells),
        update(letter, now) {
            current = letter;
            setText(id, letter.task_id);
            setText(why, letter.error);
            why.dataset.status = 'failed';
            setText(kind, letter.error_code);
            setText(cells[2], count(letter.deaths));
            setText(cells[3], ago(now - letter.died_at));
            cells[3].title = clock(letter.died_at);
            setHint(retry, 'aria-label', `Run task ${letter.task_id} again`);
            setHint(drop, 'aria-label', `Drop task ${letter.task_id}`);
            if (facts.childElementCount === 0) {
                for (const [term, text] of [
                    ['Last node', letter.node || NONE],
                    ['Release', letter.release || NONE],
                    ['Submitted', clock(letter.submitted_at, true)],
                    ['Died', clock(letter.died_at, true)],
                ]) {
                    facts.append(element('dt', {}, term), element('dd', {}, text));
                }
            }
        },
    };
}

function summary(cluster, queues) {
    if (!cluster.connected) {
        return `not connected: ${cluster.problem ?? 'Redis does not answer'}`;
    }
    const waiting = queues.reduce((all, queue) => all + queue.waiting, 0);
    const delayed = queues.reduce((all, queue) => all + queue.delayed, 0);
    return [
        plural(cluster.nodes, 'node'),
        `${plural(waiting, 'task')} waiting`,
        delayed > 0 ? `${count(delayed)} later` : '',
        `${count(cluster.running)} running`,
        cluster.outbox?.tasks > 0 ? `${count(cluster.outbox.tasks)} wait here for Redis` : '',
    ].filter(Boolean).join(' · ');
}

/** What shows the `stats.cluster` of each look, and asks for the rest now and then. */
export function clusterPanel({onRetry, onDrop}) {
    const nodes = keyedRows(byId('nodes').tBodies[0], (node) => node.id, nodeRow);
    const letters = keyedRows(byId('dead').tBodies[0], (letter) => letter.task_id, () => letterRow(onRetry, onDrop));
    let asked = 0;
    let seen = {nodes: [], queues: [], letters: [], dead: 0};

    const show = (cluster, now, problem) => {
        setText(byId('cluster-sum'), summary(cluster, seen.queues));
        nodes(seen.nodes.toSorted((a, b) => a.id.localeCompare(b.id)), cluster.node);
        letters(seen.letters, now);
        byId('dead-part').hidden = seen.letters.length === 0;
        setText(byId('dead-sum'), seen.dead > seen.letters.length ? `${count(seen.dead)} in all, the last ${count(seen.letters.length)} are listed` : '');
        showText(byId('cluster-empty'), problem ?? '');
        byId('nodes').hidden = seen.nodes.length === 0;
    };

    return {
        async show(cluster, now) {
            byId('cluster-panel').hidden = !cluster;
            if (!cluster) {
                return;
            }
            show(cluster, now);
            if (Date.now() - asked < EVERY_MS) {
                return;
            }
            asked = Date.now();
            try {
                seen = await api.cluster();
                show(cluster, now);
            } catch (error) {
                show(cluster, now, error instanceof api.Refused ? `As of ${duration(Date.now() - (seen.at ?? Date.now()))} ago: ${error.message}` : '');
            }
            seen.at ??= Date.now();
        },
        /** Asks anew at the next look. */
        refresh() {
            asked = 0;
        },
    };
}
