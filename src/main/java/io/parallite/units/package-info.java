/**
 * Times, sizes and rates as people write and read them. Any package may use it; it imports none.
 */
@NullMarked
package io.parallite.units;

import org.jspecify.annotations.NullMarked;
