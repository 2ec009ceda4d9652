<?php

/**
 * Draws what compare.php measured: a dot for each way, from the fastest to the slowest run, on a logarithmic scale.
 */

declare(strict_types=1);

const LEFT = 190;
const WIDTH = 760;
const RIGHT = 84;
const ROW = 24;
const PANEL_HEAD = 40;

/**
 * @param array<string, array<string, array{median: float, min: float, max: float}>> $figures milliseconds, by
 *     scenario and way
 * @return string an SVG that can be read on light and dark ground
 */
function plot(array $figures, string $caption): string
{
    $all = array_merge(...array_map(static fn(array $row) => array_column($row, 'median'), array_values($figures)));
    $from = max(-3, (int) floor(log10(min($all)))); // less is drawn at the edge
    $to = (int) ceil(log10(max($all)));
    $x = static fn(float $ms): float
        => LEFT + (log10(max($ms, 10 ** $from)) - $from) / ($to - $from) * (WIDTH - LEFT - RIGHT);
    $body = '';
    $y = 22;
    foreach ($figures as $scenario => $row) {
        $body .= panel($scenario, $row, $y, $x, range($from, $to));
        $y += PANEL_HEAD + ROW * count($row) + 14;
    }
    $y += 6;
    $body .= text(LEFT, $y, 'milliseconds, logarithmic', 'note');
    $body .= text(LEFT, $y + 18, $caption, 'note');
    $height = $y + 32;
    $style = <<<'CSS'
        text { font: 13px system-ui, sans-serif; fill: #1f2328 }
        .head { font-weight: 600 } .note { font-size: 11.5px; fill: #59636e } .value { font-size: 12px }
        .grid { stroke: #d1d9e0; stroke-width: 1 } .range { stroke: #59636e; stroke-width: 2 }
        .dot { fill: #59636e } .ours text { font-weight: 600 }
        .ours .dot { fill: #0969da } .ours .range { stroke: #0969da }
        @media (prefers-color-scheme: dark) {
          text { fill: #f0f6fc } .note { fill: #9198a1 } .grid { stroke: #3d444d } .range { stroke: #9198a1 }
          .dot { fill: #9198a1 } .ours .dot { fill: #4493f8 } .ours .range { stroke: #4493f8 }
        }
        CSS;
    return sprintf(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%1\$d\" height=\"%2\$d\" role=\"img\" "
            . "aria-label=\"Time that several ways to run PHP in parallel take\">\n<style>\n%s\n</style>\n%s</svg>\n",
        WIDTH,
        $height,
        $style,
        $body,
    );
}

/**
 * @param array<string, array{median: float, min: float, max: float}> $row
 * @param callable(float): float $x
 * @param list<int> $decades
 */
function panel(string $title, array $row, int $y, callable $x, array $decades): string
{
    $svg = text(LEFT, $y, $title, 'head');
    $bottom = $y + PANEL_HEAD + ROW * count($row) - 12;
    foreach ($decades as $decade) {
        $at = $x(10 ** $decade);
        $svg .= sprintf("<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n", $at, $y + 24, $bottom);
        $tick = $decade < 0 ? (string) 10 ** $decade : number_format(10 ** $decade);
        $svg .= text($at, $y + 20, $tick, 'note', 'middle');
    }
    foreach (array_keys($row) as $i => $way) {
        $line = $y + PANEL_HEAD + ROW * $i;
        ['median' => $median, 'min' => $min, 'max' => $max] = $row[$way];
        $svg .= $way === 'Parallite' ? "<g class=\"ours\">\n" : "<g>\n";
        $svg .= text(LEFT - 12, $line + 4, $way, '', 'end');
        $svg .= sprintf("<path class=\"range\" d=\"M%.1f %dH%.1f\"/>\n", $x($min), $line, $x($max));
        $svg .= sprintf("<circle class=\"dot\" cx=\"%.1f\" cy=\"%d\" r=\"5\"/>\n", $x($median), $line);
        $svg .= text(max($x($median), $x($max)) + 10, $line + 4, milliseconds($median), 'value') . "</g>\n";
    }
    return $svg;
}

function text(float $x, float $y, string $text, string $class, string $anchor = 'start'): string
{
    $attributes = sprintf('x="%.1f" y="%.1f" class="%s" text-anchor="%s"', $x, $y, $class, $anchor);
    return "<text $attributes>" . htmlspecialchars($text, ENT_XML1) . "</text>\n";
}

function milliseconds(float $ms): string
{
    return match (true) {
        $ms < 0.1 => sprintf('%.3f ms', $ms),
        $ms < 1 => sprintf('%.2f ms', $ms),
        $ms < 100 => sprintf('%.1f ms', $ms),
        default => number_format($ms) . ' ms',
    };
}
