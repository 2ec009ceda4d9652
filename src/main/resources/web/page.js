// Asks the daemon for its state each second and shows it.

import * as api from './api.js';
import {Charts, Samples, SPANS} from './charts.js';
import {clusterPanel} from './cluster.js';
import {drainNotice, showControls, watchControls} from './control.js';
import {watchAddress} from './detail.js';
import {act, askForToken, confirm} from './dialogs.js';
import {byId, setText, showText} from './dom.js';
import {bytes, clock, count, duration, plural} from './format.js';
import {poolsPanel} from './pools.js';
import {watchSettings} from './settings.js';
import {failuresTable, tasksTable, workersTable} from './tables.js';

const EVERY_MS = 1000;
/** Slower when nobody looks. */
const HIDDEN_MS = 10_000;

const RECENT = 100;
const bySubmission = (a, b) => Date.parse(b.submitted_at) - Date.parse(a.submitted_at);

/** How long the samples of a longer span stay as they are. */
const HISTORY_MS = 10_000;

const minutes = new Samples(SPANS.minutes);
let samples = minutes;
let span = 'minutes';
let historyAt = 0;
const showWorkers = workersTable();
const showPools = poolsPanel();
const showFailures = failuresTable();
const showTasks = tasksTable(cancelTask);
const cluster = clusterPanel({onRetry: retryLetter, onDrop: dropLetter});
let state = null;
let hovered = null;
let lost = null;
const charts = new Charts(samples, (index) => {
    if (index !== hovered) {
        hovered = index ?? null;
        showCards();
    }
});

function card(id, figure, unit, detail) {
    const node = byId(id);
    setText(node.querySelector('strong'), figure);
    setText(node.querySelector('.figure span'), unit);
    setText(node.querySelector('.detail'), detail);
}

/** The figures of the moment, or of the sample under the cursor. */
function showCards() {
    if (!state) {
        return;
    }
    const {stats} = state;
    const past = hovered === null ? null : samples.at(hovered);
    const now = past ?? minutes.at(-1);
    const at = past && past.at ? clock(past.at) : null;
    const ran = stats.tasks.latency_ms?.ran;
    const minute = ran?.max > 0 ? ran : null;
    card(
        'card-throughput',
        count((now.completed ?? 0) + (now.failed ?? 0) + (now.cancelled ?? 0)),
        'tasks a second',
        at ?? `${plural(stats.tasks.completed, 'task')} done, ${count(stats.tasks.failed)} failed, ${count(stats.tasks.cancelled)} cancelled`,
    );
    card(
        'card-time',
        duration(past ? past.ran_p50 : now.ran_p50 ?? minute?.p50),
        'median',
        at ? `${at} · p99 ${duration(past.ran_p99)}` : `last minute: p90 ${duration(minute?.p90)}, p99 ${duration(minute?.p99)}`,
    );
    card(
        'card-queue',
        count(past ? past.queued : stats.queue.length),
        'waiting',
        at ?? (stats.queue.length > 0
            ? `the oldest for ${duration(stats.queue.oldest_ms)}; limit ${count(stats.queue.limit)}`
            : `limit ${count(stats.queue.limit)}`),
    );
    card(
        'card-workers',
        count(past ? past.busy : stats.pool.busy),
        `of ${count(past ? past.workers : stats.pool.workers.length)} busy`,
        at ?? `at most ${count(stats.pool.max_workers)} · ${plural(stats.pool.restarts, 'restart')}${forks(stats.pool.template)}`,
    );
}

function forks(template) {
    if (!template) {
        return '';
    }
    return ` · ${plural(template.forks, 'fork')}${template.state === 'ready' ? '' : ` · template ${template.state}`}`;
}

/** How often workers were replaced, and why. */
function restarts({restarts: all, restarts_by_reason: reasons}) {
    const counted = Object.entries(reasons ?? {}).filter(([, n]) => n > 0);
    const why = counted.map(([reason, n]) => `${count(n)} ${reason.replaceAll('_', ' ')}`).join(', ');
    return all > 0 ? `${plural(all, 'restart')}${why ? `: ${why}` : ''}` : '';
}

function health(stats) {
    if (stats.stopping) {
        return ['warn', 'Stopping'];
    }
    if (stats.pool.start_failure) {
        return ['bad', 'Workers do not start'];
    }
    if (stats.draining) {
        return ['warn', stats.tasks.in_flight > 0 ? 'Draining' : 'Drained'];
    }
    if (stats.reloading) {
        return ['warn', 'Reloading'];
    }
    if (stats.paused) {
        return ['warn', 'Paused'];
    }
    return ['good', 'Running'];
}

function badge(tone, text) {
    byId('health').dataset.tone = tone;
    setText(byId('health'), text);
    document.title = tone === 'good' ? 'Parallite' : `${text} · Parallite`;
}

/** What an operator has to know now, as `[text, tone]`. */
function noticeOf(stats) {
    const failure = stats.pool.start_failure;
    return failure ? [`Workers do not start: ${failure}`, 'bad'] : drainNotice(stats) ?? ['', 'bad'];
}

function notice(text, tone) {
    byId('notice').dataset.tone = tone;
    showText(byId('notice'), text);
}

function show(next) {
    if (state && next.stats.pid !== state.stats.pid) {
        minutes.clear();
        samples.clear();
        historyAt = 0;
    }
    state = next;
    const {stats, now} = next;
    minutes.add(next.history);
    updateHistory();
    badge(...health(stats));
    notice(...noticeOf(stats));
    setText(byId('facts'), `${stats.version} · pid ${stats.pid} · up ${duration(Math.floor(stats.uptime_ms / 1000) * 1000)}${stats.memory_bytes ? ` · ${bytes(stats.memory_bytes)}` : ''}`);
    setText(byId('footer-facts'), `${plural(stats.cache.entries, 'result')} kept, ${bytes(stats.cache.bytes)}`);
    showControls(stats);
    showCards();
    charts.draw();
    const {workers} = stats.pool;
    const memory = workers.reduce((all, {memory_bytes: used}) => all + (used ?? 0), 0);
    setText(byId('workers-sum'), [memory > 0 ? `${bytes(memory)} in all` : '', restarts(stats.pool)].filter(Boolean).join(' · '));
    showWorkers(workers, {fixed: stats.pool.fixed_workers, now, failure: stats.pool.start_failure});
    showPools(stats.pools);
    cluster.show(stats.cluster, now);
    showFailures(next.failures, now);
    showTasks(
        {
            current: [...next.running, ...next.pending],
            recent: [...next.completed, ...next.failed, ...next.cancelled].sort(bySubmission).slice(0, RECENT),
            failed: next.failed,
        },
        {current: stats.tasks.in_flight, failed: stats.tasks.failed},
        now,
    );
}

/** Asks for the samples of a longer span, now and then. */
async function updateHistory() {
    if (span === 'minutes' || Date.now() - historyAt < HISTORY_MS) {
        return;
    }
    historyAt = Date.now();
    const shown = samples;
    try {
        const news = await api.history(span, shown.last);
        shown.add(news);
        if (shown === samples) {
            setText(byId('span-note'), `a point every ${duration(news.seconds * 1000)}${shown.length === 0 ? '; the first is yet to come' : ''}`);
            charts.draw();
        }
    } catch {
        historyAt = 0; // the next look at the state says what is wrong
    }
}

function showSpan(wanted) {
    span = wanted;
    samples = wanted === 'minutes' ? minutes : new Samples(SPANS[wanted]);
    hovered = null;
    historyAt = 0;
    setText(byId('span-note'), '');
    document.querySelectorAll('#span button').forEach((one) => one.setAttribute('aria-pressed', String(one.dataset.span === wanted)));
    charts.show(samples);
    showCards();
    updateHistory();
}

document.querySelectorAll('#span button').forEach((one) => one.addEventListener('click', () => showSpan(one.dataset.span)));

function onLost(error) {
    lost ??= Date.now();
    document.body.classList.add('lost');
    badge('bad', 'No connection');
    showControls(null);
    const since = duration(Math.floor((Date.now() - lost) / 1000) * 1000);
    notice(
        error instanceof api.Refused
            ? `The daemon refuses: ${error.message}.`
            : `The daemon has not answered for ${since}. ${state ? 'What you see is its last state.' : ''} Trying again …`,
        'bad',
    );
}

function onBack() {
    if (lost !== null) {
        lost = null;
        document.body.classList.remove('lost');
        notice('', 'bad');
    }
}

async function poll() {
    const began = Date.now();
    let next = null;
    try {
        next = await api.state(minutes.last);
        onBack();
    } catch (error) {
        if (error instanceof api.TokenNeeded) {
            await askForToken();
        } else {
            onLost(error);
        }
    }
    if (next) {
        show(next);
    }
    const rest = (document.hidden ? HIDDEN_MS : EVERY_MS) - (Date.now() - began);
    setTimeout(poll, Math.max(100, rest));
}

async function cancelTask(task) {
    const yes = await confirm({
        title: 'Cancel this task?',
        text: `${task.task_id}: ${task.status === 'running' ? `its worker ${task.worker ?? ''} is killed and replaced` : 'it leaves the queue'}. Waiting clients get CANCELLED.`,
        yes: 'Cancel task',
        danger: true,
    });
    if (yes) {
        await act(
            () => api.cancel(task.task_id),
            ({cancelled}) => (cancelled === false ? 'The task had ended already.' : 'The task is cancelled.'),
        );
    }
}

async function retryLetter({task_id: id}) {
    const yes = await confirm({
        title: 'Run this task again?',
        text: `${id} goes back into the queue of the cluster, as if no node had been lost that ran it.`,
        yes: 'Run again',
    });
    if (yes) {
        await act(() => api.dead('retry', id), () => 'The task is in the queue again.');
        cluster.refresh();
    }
}

async function dropLetter({task_id: id}) {
    const yes = await confirm({
        title: 'Drop this dead letter?',
        text: `${id} is forgotten in the whole cluster, with what it was to run.`,
        yes: 'Drop',
        danger: true,
    });
    if (yes) {
        await act(() => api.dead('drop', id), () => 'The dead letter is dropped.');
        cluster.refresh();
    }
}

const THEMES = ['system', 'light', 'dark'];
function showTheme() {
    const theme = document.documentElement.dataset.theme ?? 'system';
    byId('theme').setAttribute('aria-label', `Theme: ${theme === 'system' ? 'as the system' : theme}`);
    byId('theme').title = byId('theme').getAttribute('aria-label');
}
byId('theme').addEventListener('click', () => {
    const now = document.documentElement.dataset.theme ?? 'system';
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    if (next === 'system') {
        delete document.documentElement.dataset.theme;
        localStorage.removeItem('theme');
    } else {
        document.documentElement.dataset.theme = next;
        localStorage.setItem('theme', next);
    }
    showTheme();
    charts.restyle();
});

document.addEventListener('visibilitychange', () => {
    if (!document.hidden && state) {
        api.state(minutes.last).then(show).catch(() => {});
    }
});

showTheme();
watchControls();
watchSettings();
watchAddress();
poll();
