//! A good experiment, and every way to spoil it.

/// A valid experiment that every case below spoils in one place.
pub(crate) const GOOD: &str = r#"schema = 1
name = "spoiled"

[run]
seed = 1
until = "10s"
replications = 2
policies = ["two-way", "three-way"]

[host.client]
profile = "rfc9293"

[host.server]
profile = "linux-6"
backlog = 128

[link.c2s]
delay = { time = "50ms" }

[link.s2c]
delay = "50ms"

[[connection]]
from = "client:5555"
to = "server:80"
send = [{ from = "client", bytes = 10, after = "100ms" }]
close = { after = "300ms" }

[load.main]
arrivals = { poisson = "5/s" }

[[fault]]
id = "old-syn"
match = { link = "c2s", flags = "SYN", nth = 1 }
hold_until = { event = "client.state == CLOSED", plus = "1s" }

[[expect]]
policy = "three-way"
server_states = ["LISTEN", "1.05s SYN-RECEIVED"]
after_fault = { synack_sent = 1, segments = ["50ms s2c SYN,ACK seq=k2 ack=j+1"] }
whole_run = { "embryonic.area" = "0.1s" }

[output]
ladder = ["text"]
"#;

/// Every case: what is replaced in [`GOOD`], and by what.
pub(crate) const BAD: &[(&str, &str)] = &[
    // The shape of the file.
    ("schema = 1\n", ""),
    ("schema = 1", "schema = 2"),
    ("schema = 1", "schema = \"1\""),
    ("schema = 1", "schema = 1 1"),
    ("name = \"spoiled\"", "name = \"../elsewhere\""),
    ("name = \"spoiled\"", "name = \"\""),
    ("name = \"spoiled\"", "name = \"spoiled\"\nname = \"twice\""),
    ("name = \"spoiled\"", "name = \"spoiled\"\nnmae = \"twice\""),
    (
        "name = \"spoiled\"",
        "name = \"spoiled\"\ntitle = { zh = \"标题\" }",
    ),
    ("name = \"spoiled\"", "name = \"spoiled\"\ntitle = 3"),
    // [run]
    ("seed = 1\n", ""),
    ("seed = 1", "seed = -1"),
    ("seed = 1", "seed = 99999999999999999999"),
    ("until = \"10s\"", "until = \"0s\""),
    ("until = \"10s\"", "until = 10"),
    ("until = \"10s\"", "until = \"-10s\""),
    ("until = \"10s\"", "until = \"300000000000000h\""),
    ("until = \"10s\"", "until = \"ten\""),
    ("until = \"10s\"", "until = \"10s\"\nwarmup = \"10s\""),
    ("until = \"10s\"", "until = \"10s\"\nwarmup = \"mser\""),
    ("until = \"10s\"", "until = \"10s\"\nwarmup = 5"),
    ("replications = 2", "replications = 0"),
    ("replications = 2", "replications = 4294967296"),
    ("replications = 2", "replications = 1.5"),
    ("\"two-way\", \"three-way\"]", "\"two-way\", \"tree-way\"]"),
    ("\"two-way\", \"three-way\"]", "\"two-way\", \"two-way\"]"),
    ("[\"two-way\", \"three-way\"]", "[]"),
    ("[\"two-way\", \"three-way\"]", "\"three-way\""),
    ("[\"two-way\", \"three-way\"]", "[\"two-way\"]"),
    // [host.NAME]
    ("[host.client]", "[host.\"the client\"]"),
    ("[host.client]", "[host.clinet]"),
    ("\"linux-6\"", "\"linux\""),
    (
        "close = { after = \"300ms\" }",
        "close = { first = \"both\", after = \"300ms\", second_after = \"0s\" }",
    ),
    (
        "to = \"server:80\"",
        "to = \"server:80\"\nserver_open = \"10s\"",
    ),
    ("backlog = 128", "mutant = \"no-synack-timeout\""),
    ("backlog = 128", "backlog = -1"),
    ("backlog = 128", "accept_rate = 5"),
    (
        "[link.s2c]\ndelay = \"50ms\"",
        "[link.s2c]\ndelay = \"50ms\"\nloss = 0.05",
    ),
    ("profile = \"linux-6\"\nbacklog = 128", "backlog = 0"),
    ("backlog = 128", "addresses = 0"),
    ("backlog = 128", "addresses = []"),
    ("backlog = 128", "addresses = [\"10.0.0.256\"]"),
    ("backlog = 128", "addresses = [\"0.0.0.0\"]"),
    ("backlog = 128", "addresses = [\"255.255.255.255\"]"),
    ("backlog = 128", "addresses = [\"224.0.0.1\"]"),
    ("profile = \"rfc9293\"", "addresses = [\"::1\"]"),
    ("backlog = 128", "addresses = [\"10.1.0.1\"]"),
    ("backlog = 128", "addresses = [\"2001:db8::1\"]"),
    ("backlog = 128", "passive_open = [0, 80]"),
    ("backlog = 128", "passive_open = [80, 80]"),
    ("backlog = 128", "passive_open = [8080]"),
    ("backlog = 128", "ephemeral_ports = [60999, 32768]"),
    ("backlog = 128", "ephemeral_ports = 32768"),
    ("backlog = 128", "r2_syn = \"3min\"\nsyn_retries = 6"),
    ("backlog = 128", "syncookies = 1"),
    (
        "policies = [\"two-way\", \"three-way\"]\n\n[host.client]",
        "[host.client]\nsyncookies = 3",
    ),
    ("backlog = 128", "mss = 0"),
    ("backlog = 128", "window_scale = 15"),
    ("backlog = 128", "delayed_ack = \"1s\""),
    ("backlog = 128", "rto_max = \"10ms\""),
    ("backlog = 128", "keepalive = { idle = \"0s\" }"),
    ("backlog = 128", "keepalive = 5"),
    ("backlog = 128", "keepalive = \"on\""),
    ("backlog = 128", "fin_timeout = 60"),
    ("backlog = 128", "fin_timeout = \"0s\""),
    ("backlog = 128", "client_on_unexpected = \"reset\""),
    ("backlog = 128", "rfc5961 = \"yes\""),
    ("backlog = 128", "rfc5961 = { fin = true }"),
    ("backlog = 128", "power_off = {}"),
    (
        "backlog = 128",
        "power_off = { at = \"1s\", event = \"client.state == CLOSED\" }",
    ),
    (
        "backlog = 128",
        "power_off = { event = \"client.state == CLOSED\", connection = 7 }",
    ),
    ("backlog = 128", "[host.router]"),
    // [link.NAME]
    ("delay = \"50ms\"", "deley = \"50ms\""),
    ("delay = \"50ms\"", "delay = 50"),
    ("delay = \"50ms\"", "delay = true"),
    ("delay = \"50ms\"", "delay = { jitter = \"1ms\" }"),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", distribution = \"gauss\" }",
    ),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", jitter = \"1ms\", distribution = { weibull = { shape = 1000 } } }",
    ),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", correlation = \"150%\" }",
    ),
    ("delay = \"50ms\"", "loss.random = \"150%\""),
    ("delay = \"50ms\"", "loss.random = \"-1%\""),
    ("delay = \"50ms\"", "loss.random = 0.01"),
    ("delay = \"50ms\"", "loss = \"1\""),
    ("delay = \"50ms\"", "loss = {}"),
    (
        "delay = \"50ms\"",
        "loss = { random = \"1%\", gemodel = { p = \"1%\" } }",
    ),
    (
        "delay = \"50ms\"",
        "loss.gemodel = { p = \"1%\", h = \"10%\" }",
    ),
    (
        "delay = \"50ms\"",
        "delay = { time = \"1ms\", distribution = { table = \"none.dist\" } }",
    ),
    ("delay = \"50ms\"", "reorder = \"25%\""),
    ("delay = \"50ms\"", "rate = \"1mb\""),
    ("delay = \"50ms\"", "rate = \"0bit\""),
    ("delay = \"50ms\"", "limit = 0"),
    ("delay = \"50ms\"", "queue = { packets = 10 }"),
    ("delay = \"50ms\"", "slot = { packets = 10 }"),
    ("delay = \"50ms\"", "blackout = []"),
    (
        "delay = \"50ms\"",
        "blackout = [{ from = \"2s\", until = \"1s\" }]",
    ),
    ("[link.s2c]", "[link.back]"),
    (
        "[link.s2c]",
        "[link.back]\nfrom = \"server\"\nto = \"server\"",
    ),
    (
        "[link.s2c]",
        "[link.back]\nfrom = \"client\"\nto = \"server\"",
    ),
    (
        "[link.s2c]",
        "[link.back]\nfrom = \"server\"\nto = \"clint\"",
    ),
    ("[link.s2c]\ndelay = \"50ms\"", ""),
    // [[connection]] and [load.NAME]
    ("from = \"client:5555\"\n", ""),
    ("from = \"client:5555\"", "from = \"client\""),
    ("from = \"client:5555\"", "from = \"client:70000\""),
    ("from = \"client:5555\"", "from = \"cleint:5555\""),
    ("from = \"client:5555\"", "from = \"server:5555\""),
    ("to = \"server:80\"", "to = \"server:8080\""),
    ("to = \"server:80\"", "active_open = \"10s\""),
    ("to = \"server:80\"", "iss = { client = 4294967296 }"),
    ("bytes = 10", "bytes = 0"),
    ("from = \"client\", bytes", "from = \"attacker\", bytes"),
    ("\"5/s\"", "\"0/s\""),
    ("\"5/s\" }", "\"5/s\" }\ncount = 0"),
    ("\"5/s\" }", "\"5/s\" }\nsyn_flood = true"),
    ("\"5/s\" }", "\"5/s\" }\nsyn_flood = { spoofed = true }"),
    (
        "\"5/s\" }",
        "\"5/s\" }\nsyn_flood = { spoofed = false, responds = \"never\" }",
    ),
    (
        "\"5/s\" }",
        "\"5/s\" }\nsyn_flood = { responds = \"always\" }",
    ),
    (
        "\"5/s\" }",
        "\"5/s\" }\nclients = 2\nsyn_flood = { responds = \"never\" }",
    ),
    (
        "\"5/s\" }",
        "\"5/s\" }\nclose = {}\nsyn_flood = { responds = \"rst\" }",
    ),
    (
        "backlog = 128",
        "addresses = [\"198.18.0.1\"]\n[load.flood]\narrivals = { constant = \"1/s\" }\n\
         syn_flood = { responds = \"never\" }",
    ),
    (
        "backlog = 128",
        "[load.flood]\nfrom = \"server\"\nto = \"client:1\"\narrivals = { constant = \"1/s\" }\n\
         syn_flood = { responds = \"rst\" }",
    ),
    ("\"5/s\"", "5"),
    (
        "{ poisson = \"5/s\" }",
        "{ poisson = \"5/s\", constant = \"5/s\" }",
    ),
    ("{ poisson = \"5/s\" }", "{}"),
    ("{ poisson = \"5/s\" }", "{ poison = \"5/s\" }"),
    ("\"5/s\" }", "\"5/s\" }\nclients = 0"),
    ("\"5/s\" }", "\"5/s\" }\nclients = 100\nport_pool = 1000"),
    ("\"5/s\" }", "\"5/s\" }\nstart = \"3s\"\nstop = \"2s\""),
    (
        "\"5/s\" }",
        "\"5/s\" }\ntransfer = { bytes = { exponential = 0 } }",
    ),
    // [[fault]]
    ("id = \"old-syn\"\n", ""),
    ("id = \"old-syn\"", "id = \"old syn\""),
    ("link = \"c2s\"", "link = \"c2x\""),
    ("link = \"c2s\"", "connection = 1"),
    ("flags = \"SYN\"", "flags = \"SYM\""),
    (
        "flags = \"SYN\"",
        "flags = { all = \"SYN\", none = \"SYN,ACK\" }",
    ),
    ("nth = 1", "nth = 0"),
    ("nth = 1", "nth = []"),
    ("nth = 1", "nth = [2, 2]"),
    ("nth = 1", "nth = \"first\""),
    ("nth = 1", "payload = { min = 2, max = 1 }"),
    ("nth = 1", "window = { from = \"2s\", until = \"2s\" }"),
    ("nth = 1", "probability = \"0%\""),
    ("nth = 1", "state = \"server is listening\""),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "",
    ),
    ("plus = \"1s\" }", "plus = \"1s\" }\ndrop = true"),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "drop = false",
    ),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "delay_by = \"0s\"",
    ),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "duplicate = 0",
    ),
    ("client.state == CLOSED", "client.state == CLOSD"),
    ("client.state == CLOSED", "client.state = CLOSED"),
    ("client.state == CLOSED", "atacker.state == CLOSED"),
    ("event = \"client.state == CLOSED\"", "at = \"3s\""),
    ("client.state == CLOSED", "old-syn lost"),
    ("client.state == CLOSED", "new-syn lost"),
    (
        "[[expect]]",
        "[[fault]]\nid = \"old-syn\"\ndrop = true\n\n[[expect]]",
    ),
    // Parts that do not go together.
    (
        "[link.c2s]",
        "[link.b2s]\nfrom = \"bystander\"\nto = \"server\"\n[link.s2b]\nfrom = \"server\"\nto = \
         \"bystander\"\n[host.bystander]\npower_off = { event = \"bystander.state == CLOSED\", \
         connection = 0 }\n[link.c2s]",
    ),
    (
        "[[expect]]",
        "[host.bystander]\n[link.b2s]\nfrom = \"bystander\"\nto = \"server\"\n[link.s2b]\nfrom = \
         \"server\"\nto = \"bystander\"\n[[fault]]\nid = \"idle\"\nmatch = { link = \"c2s\" }\nhold_until = { event = \
         \"bystander.state == CLOSED\" }\n\n[[expect]]",
    ),
    (
        "[[expect]]",
        "[host.bystander]\n[link.b2s]\nfrom = \"bystander\"\nto = \"server\"\n[link.s2b]\nfrom = \
         \"server\"\nto = \"bystander\"\n[[expect]]\nwhole_run = { segments = [\"b2s SYN\"] }\n\n[[expect]]",
    ),
    ("after = \"300ms\"", "after = \"0s\""),
    (
        "[load.main]",
        "[[connection]]\nfrom = \"client:5555\"\n\n[load.main]",
    ),
    // [[expect]]
    ("policy = \"three-way\"", "policy = \"four-way\""),
    ("policy = \"three-way\"", "conection = 0"),
    ("policy = \"three-way\"", "connection = 1"),
    ("\"1.05s SYN-RECEIVED\"", "\"1.05s SYN-RECIEVED\""),
    ("[\"LISTEN\", \"1.05s SYN-RECEIVED\"]", "[]"),
    (
        "hold_until = { event = \"client.state == CLOSED\", plus = \"1s\" }",
        "drop = true",
    ),
    ("synack_sent = 1", "sinack_sent = 1"),
    ("synack_sent = 1", "half_open = 1"),
    ("synack_sent = 1", "synack_sent = \"1s\""),
    ("synack_sent = 1", "synack_sent = -1"),
    ("synack_sent = 1", "synack_sent = \"3..1\""),
    ("synack_sent = 1", "synack_sent = true"),
    ("\"embryonic.area\" = \"0.1s\"", "\"embryonic.area\" = 0.1"),
    ("\"embryonic.area\" = \"0.1s\"", "embryonic.area = \"0.1s\""),
    ("\"embryonic.area\" = \"0.1s\"", ""),
    ("s2c SYN,ACK seq=k2 ack=j+1", "SYN,ACK seq=k2 ack=j+1"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c SYN,ACK seq=x"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c SYN,ACK win=0"),
    ("s2c SYN,ACK seq=k2 ack=j+1", "s2c SYN,NAK"),
    ("[\"50ms s2c SYN,ACK seq=k2 ack=j+1\"]", "\"s2c SYN,ACK\""),
    // The files to write.
    ("ladder = [\"text\"]", "ladders = [\"text\"]"),
    ("ladder = [\"text\"]", "ladder = \"svg\""),
    ("ladder = [\"text\"]", "ladder = [\"text\", \"png\"]"),
    ("ladder = [\"text\"]", "ladder = [\"svg\", \"svg\"]"),
    ("ladder = [\"text\"]", "pcapng = \"yes\""),
    ("ladder = [\"text\"]", "parquet = true"),
    ("ladder = [\"text\"]", "report = \"pdf\""),
    ("ladder = [\"text\"]", "report = true"),
    ("ladder = [\"text\"]", "lang = \"de\""),
    // [sweep]
    ("[load.main]", "[sweep]\n\n[load.main]"),
    ("name = \"spoiled\"", "name = \"spoiled\"\nsweep = [1]"),
    (
        "[load.main]",
        "[sweep]\n\"host.server.backlog\" = []\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"host.server.backlog\" = 64\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\nhost.server.backlog = [64]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"run.untl\" = [\"1s\", \"2s\"]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"host.server.backlog\" = [\"a\", 64]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"host.server.mss\" = [0, 64]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"host.server.backlog\" = [64, 64]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"link.c2s.loss.random\" = [\"1%\", \"1.0%\"]\n\"host.server.backlog\" = [1, 2]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"host.server.backlog\" = [1, 2]\n\"link.c2s.delay.jitter\" = [\"0.05s\", \"1s\", \"50ms\"]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\npoints = [{ \"run.until\" = \"2s\" }, { \"run.until\" = \"2000ms\" }]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"host..backlog\" = [64]\n[load.main]",
    ),
    ("[load.main]", "[sweep]\n\"name.x\" = [64]\n[load.main]"),
    ("[load.main]", "[sweep]\n\"run.seed\" = [1, 2]\n[load.main]"),
    (
        "[load.main]",
        "[sweep]\n\"host.server\" = [{ backlog = 64 }]\n\"host.server.backlog\" = [1]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"fault.no-such.match.nth\" = [1]\n[load.main]",
    ),
    ("[load.main]", "[sweep]\npoints = [1]\n[load.main]"),
    ("[[expect]]", "[[expect]]\nat = 64"),
    ("[[expect]]", "[[expect]]\nat = {}"),
    (
        "[[expect]]",
        "[[expect]]\nat = { \"host.server.backlog\" = 64 }",
    ),
    ("[load.main]", "[sweep]\npoints = [{}]\n[load.main]"),
    (
        "[load.main]",
        "[sweep]\npoints = [{ \"run.until\" = \"2s\" }, { \"host.server.backlog\" = 64 }]\n[load.main]",
    ),
    (
        "[load.main]",
        "[sweep]\n\"load.main.arrivals.poisson\" = [\"5/s\", \"0/s\"]\n\"host.server.backlog\" = [1, 2]\n[load.main]",
    ),
    // run.stop, [compare], [regress]
    ("replications = 2", "replications = 2\nstop = { min = 2 }"),
    (
        "replications = 2",
        "replications = 2\nstop = { relative_half_width = 0.05 }",
    ),
    (
        "replications = 2",
        "replications = 2\nstop = { relative_half_width = 0, metrics = [\"synack_sent\"] }",
    ),
    (
        "replications = 2",
        "replications = 2\nstop = { relative_half_width = 0.1, min = 3, metrics = [\"synack_sent\"] }",
    ),
    (
        "replications = 2",
        "replications = 2\nstop = { relative_half_width = 0.1, min = 1, metrics = [\"synack_sent\"] }",
    ),
    (
        "replications = 2",
        "stop = { relative_half_width = 0.1, metrics = [\"synack_sent\"] }",
    ),
    (
        "replications = 2",
        "replications = 2\nstop = { relative_half_width = 0.1, confidence = 95, metrics = [\"synack_sent\"] }",
    ),
    ("[load.main]", "[compare]\nmetrics = []\n[load.main]"),
    (
        "[load.main]",
        "[compare]\nmetrics = [\"synacks\"]\n[load.main]",
    ),
    (
        "[load.main]",
        "[compare]\nmetrics = [\"rst_sent\", \"rst_sent\"]\n[load.main]",
    ),
    (
        "[load.main]",
        "[compare]\nbaseline = \"cookies\"\nmetrics = [\"rst_sent\"]\n[load.main]",
    ),
    ("name = \"spoiled\"", "name = \"spoiled\"\nregress = 5"),
    ("[load.main]", "[regress]\n[load.main]"),
    ("[load.main]", "[regress]\nrun.replicatons = 1\n[load.main]"),
    ("[load.main]", "[regress]\nrun.until = \"0s\"\n[load.main]"),
];

/// Overrides that cannot be applied or that spoil the file.
pub(crate) const BAD_OVERRIDES: &[&str] = &[
    "",
    "=1",
    "run.seed",
    "run.seed=",
    "run..seed=1",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1",
    "\"run.seed=1",
    "run.seed=x",
    "run.seed.x=1",
    "run.sed=1",
    "runn.seed=1",
    "run.until=0s",
    "run.until=40",
    "run.policies=[\"two-way\"",
    "run.policies=[\"two-way\", \"tow-way\"]",
    "link.c2s.delay.time=50",
    "link.s2c.delay.jitter=1ms",
    "link.c2x.delay=1ms",
    "fault.old-sin.match.nth=2",
    "fault.3.match.nth=2",
    "inject.0.at=1s",
    "inject.forged.at=1s",
    "connection.0.send.9.bytes=1",
    "link.c2s.blackout.0.from=1s",
    "fault.old-syn.match.nth=0",
    "fault.old-syn=2",
    "expect.0.after_fault.segments=[]x",
    "connection.0.from=\"客户端:1\"",
];
