<?php

return [App\AppServiceProvider::class];
