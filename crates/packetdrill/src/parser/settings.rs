//! `--name=value` lines at the head of a script.

use super::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::script::Settings;
use crate::source::{ScriptError, Span};

/// Every option of packetdrill, so that a misspelt one is told from one that has no meaning here.
const KNOWN: [&str; 47] = [
    "ip_version",
    "tolerance_usecs",
    "tolerance_percent",
    "bind_port",
    "connect_port",
    "tcp_ts_tick_usecs",
    "local_ip",
    "remote_ip",
    "netmask_ip",
    "gateway_ip",
    "local_linklocal_ip",
    "remote_linklocal_ip",
    "speed",
    "mtu",
    "mss",
    "init_scripts",
    "non_fatal",
    "verbose",
    "debug",
    "dry_run",
    "persistent_tun_dev",
    "tun_dev",
    "cleanup_cmd",
    "so_filename",
    "so_flags",
    "define",
    "send_omit_free",
    "wire_client",
    "wire_server",
    "wire_server_ip",
    "wire_server_port",
    "wire_client_dev",
    "wire_server_dev",
    "wire_protocol",
    "strict_segments",
    "is_anyip",
    "code_command",
    "code_format",
    "code_sockopt",
    "tcp_ts_ecr_scaled",
    "packets_ip_version",
    "udp_encaps",
    "no_cleanup",
    "use_fixed_ports",
    "fuzz_seed",
    "ns",
    "enable_psp_rx",
];

impl Parser<'_> {
    pub(super) fn settings(&mut self) -> Parsed<Settings> {
        let mut settings = Settings::default();
        while let TokenKind::Option { name, value } = self.peek() {
            let (name, value, span) =
                (name.clone(), value.clone().unwrap_or_default(), self.span());
            self.setting(&mut settings, &name, &value, span)?;
            self.advance();
        }
        Ok(settings)
    }

    fn setting(&self, settings: &mut Settings, name: &str, value: &str, span: Span) -> Parsed<()> {
        match name {
            "ip_version" => match value {
                "ipv4" | "ipv4_mapped_ipv6" => settings.ipv6 = false,
                "ipv6" => settings.ipv6 = true,
                _ => {
                    return Err(self
                        .error(span, format!("`{value}` is no IP version"))
                        .with_help("write ipv4 or ipv6"));
                }
            },
            "tolerance_usecs" => {
                settings.tolerance = self.value(span, value, 86_400_000_000)? * 1_000;
            }
            "tolerance_percent" => settings.tolerance_percent = self.value(span, value, 1_000)?,
            "bind_port" => {
                settings.bind_port = self.value(span, value, u64::from(u16::MAX))? as u16;
            }
            "connect_port" => {
                settings.connect_port = self.value(span, value, u64::from(u16::MAX))? as u16;
            }
            "tcp_ts_tick_usecs" => {
                settings.timestamp_tick = self.value(span, value, 1_000_000_000)? * 1_000;
            }
            "mtu" => {
                if self.value(span, value, u64::from(u16::MAX))? != 1500 {
                    settings
                        .unsupported
                        .push(format!("--mtu={value}: the path MTU is 1500 here"));
                }
            }
            "init_scripts" | "so_filename" | "wire_client" | "wire_server" | "udp_encaps"
            | "define" => {
                settings.unsupported.push(format!("option --{name}"));
            }
            _ if KNOWN.contains(&name) => {}
            _ => {
                let error: ScriptError = self.error(span, format!("unknown option --{name}"));
                return Err(error.with_nearest(name, &KNOWN));
            }
        }
        Ok(())
    }

    fn value(&self, span: Span, value: &str, most: u64) -> Parsed<u64> {
        match value.parse::<u64>() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(self.error(span, format!("`{value}` is not a number from 0 to {most}"))),
        }
    }
}
