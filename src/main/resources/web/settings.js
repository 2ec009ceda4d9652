// The settings that are in force, asked for when somebody unfolds them.

import * as api from './api.js';
import {byId, element} from './dom.js';
import {explanation as reason, toast} from './dialogs.js';

const LABELS = ['Setting', 'Value', 'From', 'Meaning'];
const SCALED = 'scaled at run time';

/** Where a value comes from, in the words of `parallite config`. */
const origin = ({from, name}) => name ?? (from === 'scaled' ? SCALED : from);

/** A value as `parallite config` prints it. */
function shown(value) {
    const isObject = typeof value === 'object' && value !== null;
    const text = Array.isArray(value) ? value.join(',') : isObject ? JSON.stringify(value) : String(value ?? '');
    return text === '' ? 'not set' : text;
}

function row([name, setting]) {
    const isDefault = setting.from === 'default';
    const cells = [
        element('td', {class: 'lead'}, element('code', {}, name)),
        element('td', {class: isDefault ? 'value muted' : 'value'}, shown(setting.value)),
        element('td', {class: isDefault ? 'value muted' : 'value'}, origin(setting)),
        element('td', {class: 'text'}, setting.explanation),
    ];
    cells.forEach((cell, i) => cell.setAttribute('data-label', LABELS[i]));
    return element('tr', isDefault ? {} : {class: 'changed'}, ...cells);
}

/** Fills the table if it is unfolded; what somebody has set comes first. */
export async function refreshSettings() {
    const details = byId('settings');
    if (!details.open) {
        return;
    }
    try {
        const {settings} = await api.settings();
        const isDefault = ([, {from}]) => Number(from === 'default');
        const sorted = Object.entries(settings).toSorted((a, b) => isDefault(a) - isDefault(b));
        details.querySelector('tbody').replaceChildren(...sorted.map(row));
    } catch (error) {
        toast(reason(error), 'bad');
    }
}

/** Fills the table whenever it is unfolded. */
export const watchSettings = () => byId('settings').addEventListener('toggle', refreshSettings);
