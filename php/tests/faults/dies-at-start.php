<?php

/** Says why on stderr and exits with status 3 before it reads anything. */

declare(strict_types=1);

fwrite(STDERR, "cannot boot: the database is on fire\n");
exit(3);
