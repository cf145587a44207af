//! PostgreSQL: a schema of its own, one transaction that writes at a time, several connections that
//! read.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Postgres};
use zeroize::Zeroizing;

use super::Pool;
use crate::error::{Result, StoreError, sqlstate};

/// The oldest PostgreSQL that the store is written for.
const OLDEST_POSTGRES: u32 = 13;

/// Connections that read at once.
const N_READERS: u32 = 4;

/// How long a server may take to answer at the start.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where a store is in PostgreSQL.
#[derive(Clone)]
pub struct PostgresPlace {
    /// A name, an address, or the folder of a Unix socket, which begins with `/`.
    pub host: String,
    pub port: u16,
    pub database: String,
    pub user: String,
    pub password: Option<Password>,
    /// The schema that holds the store and nothing else: lower-case letters, digits and `_`.
    pub schema: String,
    pub encryption: Encryption,
}

/// A password, wiped from memory when dropped; printing it shows nothing of it.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// True if this is it.
    pub fn is(&self, text: &str) -> bool {
        *self.0 == text
    }
}

impl From<String> for Password {
    fn from(text: String) -> Password {
        Password(Zeroizing::new(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// How the connection is protected on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all: for the same machine, or a network that somebody answers for.
    Off,
    /// TLS, and the server's certificate names the host. It is issued by one of the public
    /// authorities, or by the one whose certificate is in the file.
    Verified { root_certificate: Option<PathBuf> },
}

impl PostgresPlace {
    /// True if what is said to this host does not leave the machine.
    pub fn is_local(host: &str) -> bool {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host.starts_with('/')
            || host.eq_ignore_ascii_case("localhost")
            || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// True if PostgreSQL reads the name of the schema as it is written.
    pub fn is_schema_name(name: &str) -> bool {
        let mut characters = name.chars();
        characters.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
            && characters.all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
            && name.len() <= 63
            && !name.starts_with("pg_")
    }

    fn options(&self, reading: bool) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .application_name(&format!("gradus {}", self.schema))
            .options([
                ("search_path", self.schema.as_str()),
                // As long as SQLite's writers wait for each other.
                ("lock_timeout", "30s"),
                ("client_min_messages", "warning"),
                ("TimeZone", "UTC"),
                // Compiling a plan takes longer than any of our statements.
                ("jit", "off"),
                ("default_transaction_read_only", if reading { "on" } else { "off" }),
            ])
            .disable_statement_logging();
        let options = match self.host.starts_with('/') {
            true => options.socket(&self.host),
            false => options.host(&self.host),
        };
        let options = match &self.password {
            Some(Password(password)) => options.password(password),
            None => options,
        };
        match &self.encryption {
            Encryption::Off => options.ssl_mode(PgSslMode::Disable),
            Encryption::Verified { root_certificate } => {
                let options = options.ssl_mode(PgSslMode::VerifyFull);
                match root_certificate {
                    Some(path) => options.ssl_root_cert(path),
                    None => options,
                }
            }
        }
    }
}

impl fmt::Display for PostgresPlace {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PostgresPlace { host, port, database, user, schema, .. } = self;
        write!(f, "postgresql://{user}@{host}:{port}/{database} ({schema})")
    }
}

impl fmt::Debug for PostgresPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The connection that writes. The schema is created if there is none.
pub(crate) async fn writer(place: &PostgresPlace) -> Result<Pool> {
    // A pool would try again and again; somebody who waits at the start wants to know.
    let options = place.options(false);
    let mut connection = match tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await {
        Ok(connection) => connection.map_err(|source| refused(place, source))?,
        Err(_) => return Err(refused(place, sqlx::Error::PoolTimedOut)),
    };
    prepare(place, &mut connection).await?;
    connection.close().await?;
    Ok(Pool::Postgres(pool(1).connect_lazy_with(options)))
}

/// The connections that read; each statement sees the newest commit.
pub(crate) fn readers(place: &PostgresPlace) -> Pool {
    Pool::Postgres(pool(N_READERS).connect_lazy_with(place.options(true)))
}

fn pool(max_connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(if max_connections == 1 { 120 } else { 30 }))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // What is acknowledged is on disk, whatever the server's default.
                sqlx::query(
                    "SELECT set_config('synchronous_commit', 'on', false)
                     WHERE current_setting('synchronous_commit') = 'off'",
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
}

async fn prepare(place: &PostgresPlace, connection: &mut PgConnection) -> Result<()> {
    let (version, name, encoding): (String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num'), current_setting('server_version'),
             current_setting('server_encoding')",
    )
    .fetch_one(&mut *connection)
    .await?;
    check_version(&version, &name)?;
    if encoding != "UTF8" {
        return Err(StoreError::DatabaseEncoding { place: place.to_string(), found: encoding });
    }
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)")
        .bind(&place.schema)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        // Its name was checked: it needs no quoting and holds none.
        let sql = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", place.schema));
        match sqlx::raw_sql(sql).execute(&mut *connection).await {
            // Another process was faster.
            Err(error) if matches!(sqlstate(&error).as_deref(), Some("23505" | "42P06")) => {}
            created => drop(created.map_err(|source| refused(place, source))?),
        }
    }
    Ok(())
}

/// A snapshot for reading.
pub(super) async fn begin_reading(pool: &PgPool) -> Result<sqlx::Transaction<'static, Postgres>> {
    Ok(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
}

/// Waits until no other transaction writes to this store, from whatever process. Each statement then
/// sees what was committed before, as with SQLite; so nothing has to be tried again, and the chain of
/// the audit log has one end.
pub(super) async fn begin_writing(pool: &PgPool) -> Result<sqlx::Transaction<'static, Postgres>> {
    Ok(pool
        .begin_with(
            "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE;
             SELECT pg_advisory_xact_lock(hashtextextended(current_setting('search_path'), 1198679155))",
        )
        .await?)
}

/// Lets the server reuse the room of what was deleted. When it overwrites it is its own affair.
pub(crate) async fn reuse_room(pool: &PgPool) -> Result<()> {
    sqlx::raw_sql("VACUUM vault_secret, vault_identity, vault_attribute, vault_text, quarantine_row")
        .execute(pool)
        .await?;
    Ok(())
}

/// Why there is no connection.
fn refused(place: &PostgresPlace, source: sqlx::Error) -> StoreError {
    let place = place.to_string();
    match (sqlstate(&source).as_deref(), &source) {
        (Some("3D000"), _) => StoreError::NoDatabase { place, source },
        (Some(state), _) if state.starts_with("28") || state == "42501" => {
            StoreError::AccessDenied { place, source }
        }
        (_, sqlx::Error::Tls(_)) => StoreError::NotEncrypted { place, source },
        _ => StoreError::Unreachable { place, source },
    }
}

fn check_version(number: &str, name: &str) -> Result<()> {
    let found: u32 = number.parse().unwrap_or(0);
    if found >= OLDEST_POSTGRES * 10_000 {
        return Ok(());
    }
    Err(StoreError::OldPostgres { found: name.to_string(), needed: OLDEST_POSTGRES.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_refused() {
        for good in ["130000", "150017", "180001"] {
            assert!(check_version(good, "x").is_ok(), "{good}");
        }
        for bad in ["120022", "90624", "", "x"] {
            assert_eq!(check_version(bad, "x").unwrap_err().code(), "store-old-postgresql", "{bad}");
        }
    }

    #[test]
    fn what_stays_on_the_machine_is_known() {
        for local in ["/run/postgresql", "localhost", "127.0.0.1", "127.8.0.1", "::1", "[::1]", "LOCALHOST"] {
            assert!(PostgresPlace::is_local(local), "{local}");
        }
        for remote in ["db", "10.0.0.1", "localhost.example.com", "0.0.0.0", "::", ""] {
            assert!(!PostgresPlace::is_local(remote), "{remote}");
        }
    }

    #[test]
    fn a_schema_is_a_plain_name() {
        for good in ["gradus", "_a", "a1_b"] {
            assert!(PostgresPlace::is_schema_name(good), "{good}");
        }
        for bad in ["", "Gradus", "1a", "a b", "a\"b", "a;b", "pg_x", "客户", &"a".repeat(64)] {
            assert!(!PostgresPlace::is_schema_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_place_never_shows_its_password() {
        let place = PostgresPlace {
            host: "db.example.com".into(),
            port: 5432,
            database: "crm".into(),
            user: "gradus".into(),
            password: Some("s3cret".to_string().into()),
            schema: "gradus".into(),
            encryption: Encryption::Off,
        };
        assert_eq!(place.to_string(), "postgresql://gradus@db.example.com:5432/crm (gradus)");
        assert!(!format!("{place:?}").contains("s3cret"));
    }
}
