package io.parallite.units;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanUnitsTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0 ns",
        "850, 850 ns",
        "999.4, 999 ns",
        "999.6, 1.00 us",
        "61234, 61.2 us",
        "999600, 1.00 ms",
        "3214000, 3.21 ms",
        "12500000000, 12.5 s",
        "100000000000, 100 s"
    })
    void showsTimesWithThreeDigits(double nanos, String shown) {
        assertThat(HumanUnits.time(nanos)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"200, 200 B", "1536, 1.54 kB", "10485760, 10.5 MB", "2000000000, 2.00 GB"})
    void showsSizesInDecimalUnits(double bytes, String shown) {
        assertThat(HumanUnits.bytes(bytes)).isEqualTo(shown);
    }

    @Test
    void groupsCountsAndKeepsDecimalsOfSlowRates() {
        assertThat(HumanUnits.count(1_234_567)).isEqualTo("1,234,567");
        assertThat(HumanUnits.perSecond(41_086.4)).isEqualTo("41,086");
        assertThat(HumanUnits.perSecond(0.25)).isEqualTo("0.25");
    }
}
