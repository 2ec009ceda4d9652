package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.server.ClientBudget.Account;
import io.parallite.server.ClientBudget.Claim;
import io.parallite.wire.ReadBudget.Room;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientBudgetTest {

    private final ClientBudget budget = new ClientBudget(800);
    private final List<String> granted = new ArrayList<>();
    private int contended;

    private Account account() {
        return budget.open(() -> {});
    }

    private Claim claim(Account account, String name, long bytes) {
        return account.claim(bytes, () -> granted.add(name));
    }

    @Test
    void grantsWhatFitsAtOnceAndTellsNobody() {
        assertThat(claim(account(), "a", 500).isGranted()).isTrue();
        assertThat(claim(account(), "b", 300).isGranted()).isTrue();

        assertThat(budget.requestBytes()).isEqualTo(800);
        assertThat(granted).isEmpty();
    }

    @Test
    void grantsTheRestInTheOrderOfAsking() {
        Claim first = claim(account(), "a", 600);
        claim(account(), "b", 300);
        assertThat(claim(account(), "c", 100).isGranted())
                .as("would fit, but b is first")
                .isFalse();

        first.release();

        assertThat(granted).containsExactly("b", "c");
        assertThat(budget.requestBytes()).isEqualTo(400);
    }

    @Test
    void grantsWhatIsLargerThanTheShareWhenItIsAlone() {
        Claim small = claim(account(), "small", 1);
        Claim huge = claim(account(), "huge", 5000);
        claim(account(), "next", 1);

        small.release();
        assertThat(granted).containsExactly("huge");
        huge.release();

        assertThat(granted).containsExactly("huge", "next");
    }

    @Test
    void releasesOnce() {
        Claim claim = claim(account(), "a", 600);

        claim.release();
        claim.release();

        assertThat(budget.requestBytes()).isZero();
    }

    @Test
    void whoLeavesWhileWaitingStandsInNobodysWay() {
        claim(account(), "a", 700);
        Claim left = claim(account(), "left", 700);
        claim(account(), "b", 100);

        left.release();

        assertThat(granted).containsExactly("b");
        assertThat(budget.requestBytes()).isEqualTo(800);
    }

    @Test
    void hundredsOfThousandsWhoHaveLeftAreReleasedWithoutRecursion() {
        Claim[] claims = new Claim[300_000];
        Claim first = claim(account(), "first", 800);
        for (int i = 0; i < claims.length; i++) {
            int own = i;
            claims[i] = account().claim(800, () -> claims[own].release());
        }

        first.release();

        assertThat(budget.requestBytes()).isZero();
        assertThat(budget.isShortOfRequests()).isFalse();
    }

    @Test
    void whatThrowsWhenItIsGrantedKeepsNobodyElseWaiting() {
        Claim first = claim(account(), "first", 800);
        account()
                .claim(
                        100,
                        () -> {
                            throw new StackOverflowError("for a test");
                        });
        claim(account(), "second", 100);

        first.release();

        assertThat(granted).containsExactly("second");
    }

    @Test
    void oneConnectionGetsNoMoreThanSevenEighths() {
        Account hog = account();
        Claim most = claim(hog, "most", 700);
        Claim more = claim(hog, "more", 50);

        assertThat(more.isGranted()).isFalse();
        assertThat(hog.isFull()).isTrue();
        assertThat(claim(account(), "other", 100).isGranted()).isTrue();
        most.release();

        assertThat(granted).containsExactly("more");
        assertThat(hog.isFull()).isFalse();
    }

    /** Else a client that sends faster than its tasks run would be read request by request. */
    @Test
    void readsAFullConnectionAgainWhenAQuarterIsFree() {
        Account account = account();
        List<Claim> claims = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            claims.add(claim(account, "claim " + i, 100));
        }
        assertThat(account.isFull()).isTrue();
        Claim next = claim(account, "next", 50);

        claims.removeFirst().release();
        assertThat(account.isFull()).isTrue();
        assertThat(next.isGranted()).isFalse();
        claims.removeFirst().release();

        assertThat(account.isFull()).isFalse();
        assertThat(next.isGranted()).isTrue();
    }

    @Test
    void tellsAConnectionThatItMayBeReadAgain() {
        int[] told = new int[1];
        Account account = budget.open(() -> told[0]++);
        Claim claim = account.claim(700, () -> {});

        claim.release();

        assertThat(told).containsExactly(1);
    }

    @Test
    void whatIsReadAlreadyIsRefusedWhenThereIsNoRoom() {
        claim(account(), "a", 700);

        assertThat(account().tryClaim(101)).isNull();
        assertThat(account().tryClaim(100)).isNotNull();
        assertThat(budget.requestBytes()).isEqualTo(800);
    }

    @Test
    void whatWaitsForAnAnswerIsCountedAsItGrows() {
        Claim owed = account().owe(10);
        owed.grow(5);
        assertThat(budget.requestBytes()).isEqualTo(15);

        owed.release();
        owed.grow(5);

        assertThat(budget.requestBytes()).isZero();
    }

    @Test
    void unreadRepliesAndRepliesThatAreReadShareOneBound() {
        Account slow = account();
        slow.setUnread(600);
        Room reply = budget.claim(300, () -> granted.add("reply"));
        assertThat(reply.isGranted()).isFalse();
        assertThat(budget.isShortOfReplies()).isTrue();

        slow.setUnread(400);

        assertThat(granted).containsExactly("reply");
        assertThat(budget.replyBytes()).isEqualTo(700);
        assertThat(budget.requestBytes()).as("requests have a share of their own").isZero();
    }

    @Test
    void tellsWhenSomebodyBeginsToWait() {
        budget.onContended(() -> contended++);
        claim(account(), "a", 800);
        assertThat(contended).isZero();

        claim(account(), "b", 1);

        assertThat(contended).isEqualTo(1);
    }

    @Test
    void takesNoMoreThanAQuarterOfTheHeap() {
        assertThat(ClientBudget.share(128 << 20, 512 << 20)).isEqualTo(128 << 20);
        assertThat(ClientBudget.share(128 << 20, 96 << 20)).isEqualTo(24 << 20);
        assertThat(ClientBudget.share(10 << 20, 512 << 20)).isEqualTo(10 << 20);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void nothingIsLeftWhenAllHaveGone(long seed) {
        Random random = new Random(seed);
        List<Account> accounts = List.of(account(), account(), account(), account());
        List<Claim> held = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            Account account = accounts.get(random.nextInt(4));
            switch (random.nextInt(5)) {
                case 0 -> held.add(account.claim(random.nextInt(900), () -> {}));
                case 1 -> {
                    Claim claim = account.tryClaim(random.nextInt(200));
                    if (claim != null) {
                        held.add(claim);
                    }
                }
                case 2 -> account.setUnread(random.nextInt(300));
                default -> {
                    if (!held.isEmpty()) {
                        held.remove(random.nextInt(held.size())).release();
                    }
                }
            }
        }
        held.forEach(Claim::release);
        accounts.forEach(account -> account.setUnread(0));

        assertThat(budget.requestBytes()).isZero();
        assertThat(budget.replyBytes()).isZero();
        assertThat(budget.isShortOfRequests()).isFalse();
    }
}
