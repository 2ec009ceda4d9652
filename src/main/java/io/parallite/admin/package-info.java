/**
 * What those who run the daemon see over HTTP, and the two things they can do: health checks,
 * metrics, the page with its buttons for reload and cancel ({@link io.parallite.admin.Access} says
 * for whom). Begin with {@link io.parallite.admin.AdminRoutes}. Nothing of it is made, and no task
 * observed, unless {@code http_port} is set. Reads snapshots; may import all but the root and
 * {@code bench}.
 */
@NullMarked
package io.parallite.admin;

import org.jspecify.annotations.NullMarked;
