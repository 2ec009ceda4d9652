/**
 * Views for those who run the daemon: health checks over HTTP, read-only. Imports {@code dispatch},
 * {@code worker}, {@code engine} and {@code config}.
 */
@NullMarked
package io.parallite.admin;

import org.jspecify.annotations.NullMarked;
