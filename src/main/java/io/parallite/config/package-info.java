/**
 * The configuration: {@link io.parallite.config.Setting} is the one list of what can be set, {@link
 * io.parallite.config.ParalliteConfig} is what the daemon reads. Flag, environment, {@code
 * parallite.json} and default come together in SmallRye Config, by ordinal. Every package but
 * {@code units} may read this one; it imports that one only.
 */
@NullMarked
package io.parallite.config;

import org.jspecify.annotations.NullMarked;
