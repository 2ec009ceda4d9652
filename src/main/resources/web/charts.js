// The four charts, drawn by uPlot, and the samples that they show.

import {byId} from './dom.js';
import {duration, short} from './format.js';

const SYNC = 'parallite';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** How far back the charts can go: in milliseconds, and how far apart the times below them are, in seconds. */
export const SPANS = {
    minutes: {kept: 5 * MINUTE * 1000, ticks: [MINUTE, 2 * MINUTE]},
    hour: {kept: HOUR * 1000, ticks: [10 * MINUTE, 15 * MINUTE, 30 * MINUTE]},
    day: {kept: 24 * HOUR * 1000, ticks: [4 * HOUR, 6 * HOUR, 12 * HOUR]},
};

/** The samples of one span, as columns: one list for each field, oldest first. */
export class Samples {
    #columns = {};

    /** @param span one of SPANS */
    constructor(span) {
        this.span = span;
    }

    /** Adds `{fields: ['at', …], rows: [[…], …]}` and forgets what is older than the span. */
    add({fields, rows}) {
        for (const field of fields) {
            this.#columns[field] ??= [];
        }
        const last = this.last;
        for (const row of rows.filter(([at]) => at > last)) {
            fields.forEach((field, i) => this.#columns[field].push(row[i]));
        }
        const times = this.column('at');
        const first = times.findIndex((at) => at > this.last - this.span.kept);
        if (first > 0) {
            Object.values(this.#columns).forEach((column) => column.splice(0, first));
        }
    }

    /** Forgets all: another daemon, whose clock and counters are its own, has taken over. */
    clear() {
        this.#columns = {};
    }

    column(field) {
        return this.#columns[field] ?? [];
    }

    /** When the last sample was taken, in milliseconds of the daemon's clock; 0 without one. */
    get last() {
        return this.column('at').at(-1) ?? 0;
    }

    get length() {
        return this.column('at').length;
    }

    /** The sample at `index` as an object. */
    at(index) {
        return Object.fromEntries(
            Object.entries(this.#columns).map(([field, column]) => [field, column.at(index)]),
        );
    }
}

const axisDuration = (ms) => (ms === 0 ? '0' : duration(ms).replace(/ min 00 s$/, ' min'));

/** What each card draws: fields, colours, and how the axis is labelled. */
const CHARTS = {
    'card-throughput': {
        series: [
            {fields: ['completed', 'failed', 'cancelled'], colour: '--chart-1', fill: true},
            {fields: ['failed'], colour: '--bad', fill: true, quiet: true},
        ],
        label: short,
        least: 1,
    },
    'card-time': {
        series: [
            {fields: ['ran_p99'], colour: '--chart-2', gaps: true},
            {fields: ['ran_p50'], colour: '--chart-1', gaps: true, fill: true},
        ],
        label: axisDuration,
        least: 1,
    },
    'card-queue': {
        series: [{fields: ['queued'], colour: '--chart-3', fill: true}],
        label: short,
        least: 4,
        wholes: true,
    },
    'card-workers': {
        series: [
            {fields: ['workers'], colour: '--line-strong', step: true},
            {fields: ['busy'], colour: '--chart-1', fill: true, step: true},
        ],
        label: short,
        least: 2,
        wholes: true,
    },
};

/** What a series draws: one field or the sum of several; a quiet one has no line along zero. */
function values(samples, {fields, quiet}) {
    const [first, ...others] = fields.map((field) => samples.column(field));
    const drawn = others.reduce((sums, other) => sums.map((sum, i) => sum + other[i]), first);
    return quiet
        ? drawn.map((value, i) => (value || drawn[i - 1] || drawn[i + 1] ? value : null))
        : drawn;
}

/** What a variable of the style sheet is in the present theme, as `rgb(…)`. */
function colour(name) {
    const probe = byId('main');
    probe.style.borderColor = `var(${name})`;
    const value = getComputedStyle(probe).borderTopColor;
    probe.style.borderColor = '';
    return value;
}

const faint = (rgb) => rgb.replace(')', ', 0.15)').replace('rgb(', 'rgba(');

/** The samples that no line reaches, since there is none before and after: they get a dot. */
const lone = (plot, index) =>
    [...plot.data[index].keys()].filter(
        (i) =>
            plot.data[index][i] != null &&
            plot.data[index][i - 1] == null &&
            plot.data[index][i + 1] == null,
    );

/** All charts; their cursors move together, and `onHover(index or null)` tells where they are. */
export class Charts {
    #samples;
    #onHover;
    #plots = [];

    constructor(samples, onHover) {
        this.#samples = samples;
        this.#onHover = onHover;
        this.#build();
        matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.restyle());
        new ResizeObserver(() => this.#resize()).observe(byId('main'));
    }

    /** Shows other samples from now on. */
    show(samples) {
        this.#samples = samples;
        this.draw();
    }

    /** Draws what the samples are now. */
    draw() {
        const times = this.#samples.column('at').map((at) => at / 1000);
        const end = this.#samples.last / 1000;
        for (const {plot, chart} of this.#plots) {
            plot.setData(
                [times, ...chart.series.map((series) => values(this.#samples, series))],
                false,
            );
            plot.batch(() => {
                plot.setScale('x', {min: end - this.#samples.span.kept / 1000, max: end});
                plot.setScale('y', this.#range(plot, chart));
            });
        }
    }

    /** Takes the colours anew from the style sheet. */
    restyle() {
        this.#plots.forEach(({plot}) => plot.destroy());
        this.#build();
        this.draw();
    }

    #range(plot, chart) {
        let most = chart.least;
        for (let i = 1; i < plot.data.length; i++) {
            for (const value of plot.data[i]) {
                most = Math.max(most, value ?? 0);
            }
        }
        return {min: 0, max: most * 1.12};
    }

    #build() {
        this.#plots = Object.entries(CHARTS).map(([id, chart]) => {
            const place = byId(id).querySelector('.chart');
            return {place, chart, plot: new uPlot(this.#options(place, chart), [[]], place)};
        });
    }

    #options(place, chart) {
        const axis = {
            stroke: colour('--muted'),
            font: `11px ${getComputedStyle(place).fontFamily}`,
            ticks: {show: false},
        };
        return {
            width: place.clientWidth,
            height: place.clientHeight,
            padding: [6, 20, 0, 0],
            legend: {show: false},
            cursor: {
                sync: {key: SYNC},
                drag: {x: false, y: false},
                y: false,
                points: {size: 7},
            },
            hooks: {setCursor: [(plot) => this.#onHover(plot.cursor.left < 0 ? null : plot.cursor.idx)]},
            scales: {x: {time: true, auto: false}, y: {auto: false}},
            axes: [
                {
                    ...axis,
                    size: 22,
                    space: 70,
                    grid: {show: false},
                    values: (_, ticks) =>
                        ticks.map((at) =>
                            new Date(at * 1000).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'}),
                        ),
                    incrs: () => this.#samples.span.ticks,
                },
                {
                    ...axis,
                    size: 46,
                    space: 34,
                    gap: 4,
                    grid: {stroke: colour('--line'), width: 1},
                    values: (_, ticks) => ticks.map(chart.label),
                    ...(chart.wholes ? {incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6]} : {}),
                },
            ],
            series: [
                {},
                ...chart.series.map((series) => ({
                    stroke: colour(series.colour),
                    fill: series.fill ? faint(colour(series.colour)) : undefined,
                    width: 1.6,
                    points: series.gaps ? {show: true, size: 3, filter: lone} : {show: false},
                    ...(series.step ? {paths: uPlot.paths.stepped({align: -1})} : {}),
                })),
            ],
        };
    }

    #resize() {
        for (const {plot, place} of this.#plots) {
            plot.setSize({width: place.clientWidth, height: place.clientHeight});
        }
    }
}
