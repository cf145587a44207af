//! A store of its own for each test, and the ways past the program that somebody with rights on the
//! machine has.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use gradus_store::{Encryption, PostgresPlace, Store, StoreError, StorePlace};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

pub struct Place {
    /// SQLite's file is in here.
    pub folder: tempfile::TempDir,
    pub place: StorePlace,
    pub store: Store,
}

/// A connection past the program.
pub enum Behind {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Place {
    pub async fn in_sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let place = StorePlace::File(folder.path().join("store.sqlite"));
        Place::of(folder, place).await
    }

    /// `None` if there is no server; then that is said, once.
    pub async fn in_postgres() -> Option<Place> {
        let place = StorePlace::Postgres(Box::new(a_schema()?));
        Some(Place::of(tempfile::tempdir().unwrap(), place).await)
    }

    async fn of(folder: tempfile::TempDir, place: StorePlace) -> Place {
        let store = Store::open_at(&place, None).await.unwrap();
        Place { folder, place, store }
    }

    /// The same place opened once more.
    pub async fn again(&self) -> Result<Store, StoreError> {
        Store::open_at(&self.place, None).await
    }

    pub async fn behind(&self) -> Behind {
        Behind::of(&self.place).await
    }

    pub async fn tamper(&self, sql: &str) {
        self.try_to_tamper(sql).await.unwrap();
    }

    pub async fn try_to_tamper(&self, sql: &str) -> Result<(), sqlx::Error> {
        self.behind().await.run(sql).await
    }

    /// As somebody does who may change the schema, too.
    pub async fn tamper_with_the_audit_log(&self, sql: &str) {
        let on = match self.place {
            StorePlace::File(_) => "",
            StorePlace::Postgres(_) => " ON audit_entry",
        };
        let unlock = ["audit_entry_is_fixed", "audit_entry_stays"];
        let unlock: String = unlock.map(|trigger| format!("DROP TRIGGER {trigger}{on}; ")).concat();
        self.tamper(&format!("{unlock}{sql}")).await;
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_string());
        match self.behind().await {
            Behind::Sqlite(mut connection) => {
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Behind::Postgres(mut connection) => {
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    pub async fn bytes(&self, sql: &str) -> Vec<u8> {
        let sql = AssertSqlSafe(sql.to_string());
        match self.behind().await {
            Behind::Sqlite(mut connection) => {
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Behind::Postgres(mut connection) => {
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// The lines in which the database tells how it would answer.
    pub async fn plan(&self, sql: &str) -> String {
        match self.behind().await {
            Behind::Sqlite(mut connection) => {
                let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(3) + "\n").collect()
            }
            Behind::Postgres(mut connection) => {
                sqlx::raw_sql("ANALYZE").execute(&mut connection).await.unwrap();
                let sql = AssertSqlSafe(format!("EXPLAIN {sql}"));
                let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
                rows.join("\n")
            }
        }
    }

    /// All that is kept, as bytes: SQLite's files, or every row of PostgreSQL with bytes in
    /// hexadecimal, as a dump would have it.
    pub async fn everything(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        match self.behind().await {
            Behind::Sqlite(connection) => {
                drop(connection);
                for entry in std::fs::read_dir(self.folder.path()).unwrap() {
                    let path = entry.unwrap().path();
                    all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
                }
            }
            Behind::Postgres(mut connection) => {
                let tables: Vec<String> = sqlx::query_scalar(
                    "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
                )
                .fetch_all(&mut connection)
                .await
                .unwrap();
                for table in tables {
                    let sql = AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
                    let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
                    all.push((table, rows.join("\n").into_bytes()));
                }
            }
        }
        assert!(!all.is_empty());
        all
    }
}

impl Behind {
    pub async fn of(place: &StorePlace) -> Behind {
        match place {
            StorePlace::File(path) => {
                Behind::Sqlite(SqliteConnectOptions::new().filename(path).connect().await.unwrap())
            }
            StorePlace::Postgres(place) => Behind::Postgres(connect(place).await),
        }
    }

    /// Statements in SQLite's words.
    pub async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        match self {
            Behind::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(sql.to_string())).execute(connection).await?;
            }
            Behind::Postgres(connection) => {
                let sql = sql.replace("randomblob(16)", "decode(md5(random()::text), 'hex')");
                let sql = sql.replace("= x'", "= '\\x").replace(" x'00'", " '\\x00'");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
            }
        }
        Ok(())
    }
}

/// A schema that nobody uses, on the server that GRADUS_TEST_POSTGRES names as `host port user
/// database`.
pub fn a_schema() -> Option<PostgresPlace> {
    static SAID: Once = Once::new();
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Some(server) = std::env::var("GRADUS_TEST_POSTGRES").ok().filter(|server| !server.is_empty()) else {
        SAID.call_once(|| {
            eprintln!("GRADUS_TEST_POSTGRES names no server: the tests on PostgreSQL are SKIPPED");
        });
        return None;
    };
    let parts: Vec<&str> = server.split_whitespace().collect();
    let [host, port, user, database] = parts[..] else {
        panic!("GRADUS_TEST_POSTGRES is “{server}”, not `host port user database`")
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Some(PostgresPlace {
        host: host.into(),
        port: port.parse().unwrap(),
        database: database.into(),
        user: user.into(),
        password: None,
        schema: format!("t_{}_{number}", std::process::id()),
        encryption: Encryption::Off,
    })
}

/// A connection past the program, as somebody with the same rights has it.
pub async fn connect(place: &PostgresPlace) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&place.host)
        .port(place.port)
        .username(&place.user)
        .database(&place.database)
        .options([("search_path", place.schema.as_str())]);
    PgConnection::connect_with(&options).await.unwrap()
}
