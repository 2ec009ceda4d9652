<?php

// Several namespaces in a file, mixed with text.

namespace Codec\Closures\First {
    use ArrayObject as Thing;

    const WHERE = 'first';
    function where() { return 'f first'; }
    $GLOBALS['codecSections'] = ['the first section' => [fn() => [WHERE, where(), Thing::class, __NAMESPACE__, namespace\WHERE]]];
}

namespace Codec\Closures\Second {
    use ArrayIterator as Thing;

    const WHERE = 'second';
    function where() { return 'f second'; }
    $GLOBALS['codecSections']['the second section'] = [fn() => [WHERE, where(), Thing::class, __NAMESPACE__, namespace\WHERE]];
}

namespace Codec\Closures\Third {
    use ArrayObject as Early;

    $GLOBALS['codecSections']['a section whose imports follow'] = [fn() => [Early::class, Late::class, late\Inner::class]];

    use ArrayIterator as Late;

    $GLOBALS['codecSections']['behind the import'] = [fn() => [Early::class, Late::class, late\Inner::class]];
}

namespace {
    use SplObjectStorage as Thing;

    $GLOBALS['codecSections']['the global section'] = [fn() => [Thing::class, __NAMESPACE__, \Codec\Closures\First\WHERE]];
    return $GLOBALS['codecSections'];
}
