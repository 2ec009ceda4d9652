<?php

declare(strict_types=1);

namespace B7s\Parallite;

/**
 * Tells files that this user, or root, has put where they are from those that somebody else may have planted or
 * changed. The rule is that of git's `safe.directory`, and that nobody else may write them either: a file counts when it,
 * its directory and, for a symbolic link, what it leads to belong to the user or to root.
 *
 * Where PHP can't tell users apart (on Windows), all files count.
 *
 * @internal
 */
final class Ownership
{
    private const WRITABLE_BY_GROUP = 0020;

    private const WRITABLE_BY_ALL = 0002;

    /** In such a directory, as /tmp is one, everybody may make files, and only their owners may replace them. */
    private const STICKY = 01000;

    private function __construct()
    {
    }

    /** Why a file must not be obeyed or loaded; null when it may. */
    public static function objectionTo(string $file): ?string
    {
        if (!function_exists('posix_geteuid')) {
            return null;
        }
        clearstatcache(true);
        $real = realpath($file);
        $places = array_unique([$file, dirname($file), ...($real === false ? [] : [$real, dirname($real)])]);
        foreach ($places as $place) {
            $objection = self::objectionToOne($place, 0);
            if ($objection !== null) {
                return $objection;
            }
        }
        return null;
    }

    /**
     * The same for a socket at a path. It may lie in a directory such as /tmp, if it is the user's own or root's.
     *
     * @param bool $isNamed whether the program or its environment names this very socket: then it may be another
     *     user's, outside of directories in which everybody may make files
     */
    public static function objectionToSocket(string $path, bool $isNamed): ?string
    {
        if (!function_exists('posix_geteuid')) {
            return null;
        }
        clearstatcache(true);
        $directory = Quietly::call(static fn() => stat(dirname($path)));
        if ($directory === false || $isNamed && ($directory['mode'] & self::WRITABLE_BY_ALL) === 0) {
            return null;
        }
        $owner = self::ownerOf($path);
        if ($owner !== null && !self::isTrusted($owner)) {
            return "$path belongs to another user (uid $owner)";
        }
        return self::objectionToOne(dirname($path), self::STICKY);
    }

    /** The user to whom a file belongs; null when it is not there, or the system does not distinguish users. */
    public static function ownerOf(string $file): ?int
    {
        if (!function_exists('posix_geteuid')) {
            return null;
        }
        clearstatcache(true, $file);
        $owner = Quietly::call(static fn() => fileowner($file));
        return $owner === false ? null : $owner;
    }

    /** Whether it is this user, or root; for root, also the one who became root by sudo. */
    public static function isTrusted(int $uid): bool
    {
        $user = function_exists('posix_geteuid') ? posix_geteuid() : $uid;
        return $uid === 0 || $uid === $user || $user === 0 && (string) $uid === getenv('SUDO_UID', true);
    }

    /** @param int $allowed STICKY: others may write a directory that has this bit */
    private static function objectionToOne(string $place, int $allowed): ?string
    {
        $stat = Quietly::call(static fn() => lstat($place));
        if ($stat === false) {
            return null;
        }
        if (!self::isTrusted($stat['uid'])) {
            return "$place belongs to another user (uid {$stat['uid']})";
        }
        if (is_link($place) || ($stat['mode'] & $allowed) !== 0) {
            return null;
        }
        if (($stat['mode'] & self::WRITABLE_BY_ALL) !== 0) {
            return "every user may write $place";
        }
        $isShared = ($stat['mode'] & self::WRITABLE_BY_GROUP) !== 0 && !self::isOwnGroup($stat['gid']);
        return $isShared ? "the group with gid {$stat['gid']} may write $place" : null;
    }

    /** Root's group, or one with no other member than this user, as many systems make for each. */
    private static function isOwnGroup(int $gid): bool
    {
        if ($gid === 0) {
            return true;
        }
        $user = posix_getpwuid(posix_geteuid());
        $group = posix_getgrgid($gid);
        return $user !== false && $group !== false && $user['gid'] === $gid && $user['name'] === $group['name']
            && array_diff($group['members'], [$user['name']]) === [];
    }
}
