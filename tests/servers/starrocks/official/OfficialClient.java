import com.starrocks.data.load.stream.StreamLoadDataFormat;
import com.starrocks.data.load.stream.StreamLoadSnapshot;
import com.starrocks.data.load.stream.TransactionStatus;
import com.starrocks.data.load.stream.properties.StreamLoadProperties;
import com.starrocks.data.load.stream.properties.StreamLoadTableProperties;
import com.starrocks.data.load.stream.v2.StreamLoadManagerV2;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the official client of StarRocks does with a cluster, as its connectors use it. The first argument says what, then
 * come the front end, the user, the password, and a file in which a client leaves what the next one goes on from.
 */
public final class OfficialClient {
    private static final String DATABASE = "ods";
    private static final String TABLE = "t";

    private final String frontEnd;
    private final String user;
    private final String password;
    private final Path left;

    private OfficialClient(String[] arguments) {
        frontEnd = arguments[1];
        user = arguments[2];
        password = arguments[3];
        left = Path.of(arguments[4]);
    }

    public static void main(String[] arguments) throws Exception {
        OfficialClient client = new OfficialClient(arguments);
        switch (arguments[0]) {
            case "csv" -> client.load(StreamLoadDataFormat.CSV, "1\ta", "2\t\\N");
            case "json" -> client.load(StreamLoadDataFormat.JSON, "{\"id\":3,\"name\":\"c\"}", "{\"id\":4}");
            case "transaction" -> client.commit("{\"id\":5,\"name\":\"e\"}", "{\"id\":6}");
            case "rollback" -> client.rollBack("{\"id\":7}");
            case "prepare" -> client.prepareAndLeave("{\"id\":8,\"name\":\"h\"}");
            case "recover" -> client.recover();
            case "bad" -> client.bad("{\"id\":9,\"name\":\"far too long\"}");
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        // Threads of the client stay.
        System.exit(0);
    }

    /** Loads that are seen when the client has flushed. */
    private void load(StreamLoadDataFormat format, String... rows) {
        StreamLoadManagerV2 manager = manager(format, false);
        write(manager, rows);
        manager.close();
    }

    private void commit(String... rows) throws Exception {
        StreamLoadManagerV2 manager = manager(StreamLoadDataFormat.JSON, true);
        StreamLoadSnapshot snapshot = prepared(manager, rows);
        expect(state(manager, snapshot) == TransactionStatus.PREPARED, "a state PREPARED");
        expect(manager.commit(snapshot), "commit");
        expect(state(manager, snapshot) == TransactionStatus.VISIBLE, "a state VISIBLE");
        manager.close();
    }

    private void rollBack(String... rows) throws Exception {
        StreamLoadManagerV2 manager = manager(StreamLoadDataFormat.JSON, true);
        StreamLoadSnapshot snapshot = prepared(manager, rows);
        expect(manager.abort(snapshot), "abort");
        expect(state(manager, snapshot) == TransactionStatus.ABORTED, "a state ABORTED");
        manager.close();
    }

    /** Ends between prepare and commit. */
    private void prepareAndLeave(String... rows) throws Exception {
        StreamLoadSnapshot snapshot = prepared(manager(StreamLoadDataFormat.JSON, true), rows);
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(left))) {
            out.writeObject(snapshot);
        }
    }

    /** Commits what another client has left, twice. */
    private void recover() throws Exception {
        StreamLoadSnapshot snapshot;
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(left))) {
            snapshot = (StreamLoadSnapshot) in.readObject();
        }
        for (int time = 0; time < 2; time++) {
            StreamLoadManagerV2 manager = manager(StreamLoadDataFormat.JSON, true);
            expect(manager.commit(snapshot), "commit " + time);
            manager.close();
            for (StreamLoadSnapshot.Transaction transaction : snapshot.getTransactions()) {
                transaction.setFinish(false);
            }
        }
    }

    /** A row that the table does not take: the client has to say so, with the server's words. */
    private void bad(String row) {
        StreamLoadManagerV2 manager = manager(StreamLoadDataFormat.JSON, true);
        try {
            write(manager, row);
            System.out.println("prepared: " + manager.prepare(manager.snapshot()));
        } catch (Exception error) {
            System.out.println(error);
        }
    }

    private StreamLoadSnapshot prepared(StreamLoadManagerV2 manager, String... rows) {
        write(manager, rows);
        StreamLoadSnapshot snapshot = manager.snapshot();
        expect(manager.prepare(snapshot), "prepare");
        return snapshot;
    }

    private void write(StreamLoadManagerV2 manager, String... rows) {
        for (String row : rows) {
            manager.write(null, DATABASE, TABLE, row);
        }
        manager.flush();
    }

    private TransactionStatus state(StreamLoadManagerV2 manager, StreamLoadSnapshot snapshot) throws Exception {
        StreamLoadSnapshot.Transaction transaction = snapshot.getTransactions().get(0);
        return manager.getStreamLoader().getLoadStatus(DATABASE, TABLE, transaction.getLabel());
    }

    private static void expect(boolean fine, String what) {
        if (!fine) {
            System.err.println("no " + what);
            System.exit(1);
        }
    }

    private StreamLoadManagerV2 manager(StreamLoadDataFormat format, boolean transaction) {
        StreamLoadTableProperties table = StreamLoadTableProperties.builder()
                .database(DATABASE)
                .table(TABLE)
                .streamLoadDataFormat(format)
                .columns("id,name")
                .build();
        StreamLoadProperties.Builder builder = StreamLoadProperties.builder()
                .loadUrls(frontEnd)
                .jdbcUrl("jdbc:mysql://127.0.0.1:9030")
                .username(user)
                .password(password)
                .version("3.5.0")
                .labelPrefix("official-")
                .ioThreadCount(1)
                .maxRetries(0)
                .defaultTableProperties(table)
                .addHeader("strict_mode", "true");
        if (format == StreamLoadDataFormat.JSON) {
            builder.addHeader("format", "json").addHeader("strip_outer_array", "true");
        }
        if (transaction) {
            builder.enableTransaction();
        }
        StreamLoadManagerV2 manager = new StreamLoadManagerV2(builder.build(), !transaction);
        manager.init();
        return manager;
    }
}
