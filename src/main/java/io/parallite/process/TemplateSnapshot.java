package io.parallite.process;

import org.jspecify.annotations.Nullable;

/**
 * The template that workers are forked from, as of one moment; any thread may read it.
 *
 * @param state {@code none} before the first worker is needed, {@code booting}, {@code ready},
 *     {@code unfit} when it must not be forked, so that workers are started, or {@code gone}
 * @param pid its process, 0 when there is none
 * @param booted how many templates there have been
 * @param forks how many workers were forked, by all of them
 * @param objection why it must not be forked; {@code null} when it may be
 */
public record TemplateSnapshot(
        String state, long pid, int booted, long forks, @Nullable String objection) {

    public boolean isReady() {
        return state.equals("ready");
    }
}
