/**
 * The daemon over HTTP, for its operators: health checks, metrics, the page, and the actions reload
 * and cancel ({@link io.parallite.admin.Access} decides who may use them). Begin with {@link
 * io.parallite.admin.AdminRoutes}. Unless {@code http_port} is set, nothing of it is created and no
 * task is observed. Reads snapshots; may import all packages but the root and {@code bench}.
 */
@NullMarked
package io.parallite.admin;

import org.jspecify.annotations.NullMarked;
