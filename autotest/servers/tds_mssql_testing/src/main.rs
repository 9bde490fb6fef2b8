// SPDX-License-Identifier: MIT
//! The mock server of the crate mssql-testing, which knows nothing of FreeTDS,
//! with the queries that autotest/ogr/ogr_cartoconn_sqlserver_mssql_testing.py
//! reads. Usage: tds-mssql-testing PORT
//!
//! Clients talk to a relay, which corrects what the mock does otherwise than
//! [MS-TDS] says: it answers PRELOGIN in a packet of the client's type
//! (2.2.3.1.1), says that it encrypts logins when it cannot (2.2.6.5), and
//! gives the protocol's version the other way round (2.2.7.14).

use mssql_testing::mock_server::{
    MockColumn, MockResponse, MockServerBuilder, MockTdsServer, ScalarValue,
};
use tokio::io::{copy, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

const ENCRYPT_OFF: u8 = 0;
const ENCRYPT_NOT_SUP: u8 = 2;
const VERSION_74: [u8; 4] = [0x74, 0, 0, 4];
const HEADER: usize = 8;
const TABULAR_RESULT: u8 = 4;

/// A query and what it returns; what it would return (SET FMTONLY) as well.
fn with_query(
    builder: MockServerBuilder,
    sql: &str,
    columns: Vec<MockColumn>,
    rows: Vec<Vec<ScalarValue>>,
) -> MockServerBuilder {
    let described = format!("SET FMTONLY ON;\n{sql}\n;SET FMTONLY OFF");
    builder
        .with_response(described, MockResponse::rows(columns.clone(), vec![]))
        .with_response(sql, MockResponse::rows(columns, rows))
}

fn with_places(builder: MockServerBuilder) -> MockServerBuilder {
    let columns = vec![
        MockColumn::int("id"),
        MockColumn::nvarchar("name", 40),
        MockColumn::bigint("people"),
        MockColumn::nvarchar("the_geom", 100),
    ];
    let place = |id, name: &str, people, wkt: &str| {
        vec![
            ScalarValue::Int(id),
            ScalarValue::String(name.into()),
            people,
            ScalarValue::String(wkt.into()),
        ]
    };
    let rows = vec![
        place(1, "Málaga", ScalarValue::BigInt(1 << 40), "POINT (-4.42 36.72)"),
        place(2, "東京 \u{1F5FC}", ScalarValue::Null, "POINT (139.69 35.69)"),
    ];
    with_query(builder, "SELECT * FROM places", columns, rows)
}

/// More than one packet's worth, in one packet of 64 KiB as the mock has it.
fn with_numbers(builder: MockServerBuilder) -> MockServerBuilder {
    let rows = (1..=5000).map(|n| vec![ScalarValue::Int(n)]).collect();
    with_query(builder, "SELECT n FROM numbers", vec![MockColumn::int("n")], rows)
}

async fn start_mock() -> MockTdsServer {
    let builder = with_numbers(with_places(MockTdsServer::builder()))
        .with_response(
            "SET FMTONLY ON;\nSELECT broken\n;SET FMTONLY OFF",
            MockResponse::error(207, "Invalid column name 'broken'."),
        );
    builder.build().await.expect("the mock server starts")
}

async fn read_packet(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut packet = vec![0; HEADER];
    from.read_exact(&mut packet).await?;
    let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    packet.resize(length.max(HEADER), 0);
    from.read_exact(&mut packet[HEADER..]).await?;
    Ok(packet)
}

/// The type of a PRELOGIN answer and its ENCRYPTION option.
fn correct_prelogin(packet: &mut [u8]) {
    packet[0] = TABULAR_RESULT;
    let mut at = HEADER;
    while packet.get(at).is_some_and(|token| *token != 0xFF) {
        let offset = usize::from(u16::from_be_bytes([packet[at + 1], packet[at + 2]]));
        if packet[at] == 1 && packet[HEADER + offset] == ENCRYPT_OFF {
            packet[HEADER + offset] = ENCRYPT_NOT_SUP;
        }
        at += 5;
    }
}

/// The version of LOGINACK, the token after two or three of ENVCHANGE.
fn correct_version(packet: &mut [u8]) {
    let mut at = HEADER;
    while at + 3 < packet.len() {
        let length = usize::from(u16::from_le_bytes([packet[at + 1], packet[at + 2]]));
        if packet[at] == 0xAD {
            packet[at + 4..at + 8].copy_from_slice(&VERSION_74);
            return;
        }
        at += 3 + length;
    }
}

async fn relay_answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
    let mut prelogin = read_packet(&mut from).await?;
    correct_prelogin(&mut prelogin);
    to.write_all(&prelogin).await?;
    let mut login = read_packet(&mut from).await?;
    correct_version(&mut login);
    to.write_all(&login).await?;
    copy(&mut from, &mut to).await?;
    to.shutdown().await
}

async fn relay(client: TcpStream, port: u16) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let answers = tokio::spawn(relay_answers(from_server, to_client));
    copy(&mut from_client, &mut to_server).await?;
    to_server.shutdown().await?;
    answers.await.unwrap_or(Ok(()))
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|text| text.parse::<u16>().ok());
    let listener = TcpListener::bind(("127.0.0.1", port.expect("usage: PORT")))
        .await
        .expect("the port is free");
    let mock = start_mock().await;
    loop {
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(relay(client, mock.port()));
        }
    }
}
