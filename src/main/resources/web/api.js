// The client of the daemon that serves this page.

const TOKEN = 'parallite-token';
const PATIENCE_MS = 5000;

/** The daemon wants a token, or another one. */
export class TokenNeeded extends Error {}

/** The daemon answered, but not with what was asked for; the message says why. */
export class Refused extends Error {}

export const token = {
    get: () => sessionStorage.getItem(TOKEN),
    set: (value) => sessionStorage.setItem(TOKEN, value),
};

async function call(path, options = {}) {
    const headers = {...options.headers};
    if (token.get()) {
        headers.Authorization = `Bearer ${token.get()}`;
    }
    const response = await fetch(path, {
        ...options,
        headers,
        cache: 'no-store',
        signal: AbortSignal.timeout(options.patience ?? PATIENCE_MS),
    });
    if (response.status === 401) {
        throw new TokenNeeded();
    }
    const isJson = response.headers.get('Content-Type')?.startsWith('application/json');
    const body = isJson ? await response.json() : {};
    if (!response.ok || body.ok === false) {
        throw new Refused(body.error ?? `the daemon answered ${response.status}`);
    }
    return body;
}

/** Figures, tasks, and the samples that are newer than `since` (milliseconds of the daemon's clock). */
export const state = (since) => call(`api/state?since=${since}`);

/** The samples of `span` (`minutes`, `hour` or `day`) that are newer than `since`. */
export const history = (span, since) => call(`api/history?span=${span}&since=${since}`);

/** All that is kept of a task. */
export const task = (taskId) => call(`api/task?task_id=${encodeURIComponent(taskId)}`);

/** The settings that are in force. */
export const settings = () => call('api/settings');

/** Replaces the workers; answers once that is done. */
export const reload = () =>
    call('api/reload', {method: 'POST', headers: {'X-Parallite': '1'}, patience: 120_000});

/** Has the daemon do something, with all pools or with the one that is named. */
const steer = (path, pool) =>
    call(pool === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}pool=${encodeURIComponent(pool)}`, {
        method: 'POST',
        headers: {'X-Parallite': '1'},
    });

/** Gives no waiting task a worker, until it is resumed. */
export const pause = (pool) => steer('api/pause', pool);

/** Refuses new tasks from now on, and finishes the others; answers at once. */
export const drain = () => steer('api/drain');

/** Keeps so many persistent workers; whatever is no number of them is refused in words. */
export const scale = (workers, pool) => steer(`api/scale?workers=${encodeURIComponent(workers)}`, pool);

/** Ends a pause or a drain. */
export const resume = (pool) => steer('api/resume', pool);

/** Takes a task out of the queue or kills its worker. */
export const cancel = (taskId) =>
    call(`api/cancel?task_id=${encodeURIComponent(taskId)}`, {
        method: 'POST',
        headers: {'X-Parallite': '1'},
    });

/** The nodes, queues and dead letters of the cluster. */
export const cluster = () => call('api/cluster');

/** Does something (`retry` or `drop`) with a dead letter of the cluster. */
export const dead = (action, taskId) =>
    call(`api/dead/${action}?task_id=${encodeURIComponent(taskId)}`, {
        method: 'POST',
        headers: {'X-Parallite': '1'},
    });
