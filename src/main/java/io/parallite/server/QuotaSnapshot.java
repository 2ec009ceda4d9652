package io.parallite.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Clients and their use of their quotas, as of one moment; any thread may read it.
 *
 * @param isOn whether there are quotas; else the tasks of a client are not counted
 * @param clients those with the most tasks first, {@value Quotas#MOST_SHOWN} at most, and one
 *     called {@value #OTHERS} that sums up the rest
 * @param refused submits that were refused, by the setting that they exceeded
 */
public record QuotaSnapshot(boolean isOn, List<Client> clients, Map<String, Long> refused) {

    static final String OTHERS = "others";

    /**
     * One client.
     *
     * @param identity see {@link ClientIdentity}
     * @param connections open ones
     * @param tasks in flight
     * @param bytes of their frames
     * @param refused submits that were refused
     */
    public record Client(String identity, int connections, int tasks, long bytes, long refused) {

        private Client plus(Client other) {
            return new Client(
                    OTHERS,
                    connections + other.connections,
                    tasks + other.tasks,
                    bytes + other.bytes,
                    refused + other.refused);
        }
    }

    public QuotaSnapshot {
        clients = List.copyOf(clients);
        refused = Map.copyOf(refused);
    }

    /** Sums up all behind the first {@code most} of {@code sorted}. */
    static List<Client> first(int most, List<Client> sorted) {
        if (sorted.size() <= most) {
            return sorted;
        }
        List<Client> shown = new ArrayList<>(sorted.subList(0, most));
        Client none = new Client(OTHERS, 0, 0, 0, 0);
        shown.add(sorted.subList(most, sorted.size()).stream().reduce(none, Client::plus));
        return shown;
    }

    /**
     * {@code {by_identity:[{client, connections, tasks?, bytes?, refused?}], refused:{setting:
     * count}}}; without quotas the connections only.
     */
    Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("by_identity", clients.stream().map(this::figures).toList());
        Map<String, Object> counts = new LinkedHashMap<>();
        for (Quotas.Bound bound : Quotas.Bound.values()) {
            counts.put(bound.setting(), refused.getOrDefault(bound.setting(), 0L));
        }
        figures.put("refused", counts);
        return figures;
    }

    private Map<String, Object> figures(Client client) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("client", client.identity());
        figures.put("connections", client.connections());
        if (isOn) {
            figures.put("tasks", client.tasks());
            figures.put("bytes", client.bytes());
            figures.put("refused", client.refused());
        }
        return figures;
    }
}
