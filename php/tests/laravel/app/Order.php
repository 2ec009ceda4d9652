<?php

declare(strict_types=1);

namespace App;

use Illuminate\Database\Eloquent\Model;

final class Order extends Model
{
    public $timestamps = false;

    protected $connection = 'shop';

    protected $fillable = ['text'];
}
