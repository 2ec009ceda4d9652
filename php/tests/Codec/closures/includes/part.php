<?php

return isset($one) ? "part with $one" : "part";
