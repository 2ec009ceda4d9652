/**
 * What a daemon has in file systems, and how it removes what a killed one has left: a {@link
 * io.parallite.process.files.RunDirectory} for sockets and files, owned by whoever holds the {@link
 * io.parallite.process.files.LockFile} in it, and {@link io.parallite.process.files.WorkerGroups}
 * for control groups, which are directories, too, and named after it.
 */
@NullMarked
package io.parallite.process.files;

import org.jspecify.annotations.NullMarked;
