// Figures as people read them.

const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const oneDigit = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const known = (value) => typeof value === 'number' && Number.isFinite(value);

/** What stands where there is no figure. */
export const NONE = '–';

/** 1234567 as 1,234,567; 0.5 as 0.5. */
export function count(value) {
    if (!known(value)) {
        return NONE;
    }
    return Math.abs(value) < 10 ? oneDigit.format(value) : whole.format(value);
}

/** 12345 as 12.3 k, for axes. */
export function short(value) {
    const size = Math.abs(value);
    if (size >= 1e6) {
        return oneDigit.format(value / 1e6) + ' M';
    }
    return size >= 1e4 ? oneDigit.format(value / 1e3) + ' k' : oneDigit.format(value);
}

/** Milliseconds as 0.4 ms, 85 ms, 1.2 s, 3 min 05 s, 4 h 12 min, 2 d 3 h. */
export function duration(ms) {
    if (!known(ms)) {
        return NONE;
    }
    if (ms < 1000) {
        return (ms < 10 ? oneDigit.format(ms) : whole.format(ms)) + ' ms';
    }
    const seconds = Math.floor(ms / 1000);
    if (seconds < 60) {
        return oneDigit.format(Math.floor(ms / 100) / 10) + ' s';
    }
    if (seconds < 3600) {
        return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
    }
    const hours = Math.floor(seconds / 3600);
    return hours < 48
        ? `${hours} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`
        : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago, coarse enough not to flicker. */
export function ago(ms) {
    return !known(ms) ? NONE : ms < 1000 ? 'now' : duration(ms < 60_000 ? Math.floor(ms / 1000) * 1000 : ms) + ' ago';
}

/** Bytes as 812 B, 34.2 MiB. */
export function bytes(value) {
    if (!known(value) || value < 0) {
        return NONE;
    }
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let unit = 0;
    let size = value;
    while (size >= 1024 && unit < units.length - 1) {
        size /= 1024;
        unit++;
    }
    return `${size < 100 && unit > 0 ? oneDigit.format(size) : whole.format(size)} ${units[unit]}`;
}

/** A share as 12 %. */
export const percent = (share) => (known(share) ? whole.format(share * 100) + ' %' : NONE);

/** The time of day, or the day too when it was another one; `exact` has the milliseconds. */
export function clock(epochMs, exact = false) {
    const time = new Date(epochMs);
    const today = time.toDateString() === new Date().toDateString();
    const digits = exact ? {fractionalSecondDigits: 3} : {};
    const day = today ? {} : {year: 'numeric', month: '2-digit', day: '2-digit'};
    return time.toLocaleString([], {...day, hour: '2-digit', minute: '2-digit', second: '2-digit', ...digits, hourCycle: 'h23'});
}

/** `worker` or `workers`. */
export const plural = (n, word) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;
