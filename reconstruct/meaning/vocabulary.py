"""Words of the ecosystem that meaning is read from: families of exporters, clients, messages, pools.

Only conventions that are public: names of exporters and client libraries, of OpenTelemetry, HTTP, gRPC and messaging.
Words are stems, as `packs.words.words_of` cuts them.
"""

from __future__ import annotations

from typing import Final, Literal

Family = Literal["database", "cache", "queue", "host", "cluster", "edge", "probe", "dns", "self", "app"]


def words(text: str) -> frozenset[str]:
    """A set of words.

    >>> sorted(words("job task"))
    ['job', 'task']
    """
    return frozenset(text.split())


FIRST_WORDS: Final[dict[Family, frozenset[str]]] = {
    "database": words(
        "pg postgres postgresql mysql mariadb mongodb mongo mssql sqlserver oracledb cockroach cockroachdb"
        " cassandra clickhouse elasticsearch opensearch yugabyte pgbouncer percona influxdb neo4j dynamodb"
    ),
    "cache": words("redis memcached valkey keydb dragonfly varnish"),
    "queue": words("rabbitmq kafka nat jetstream activemq pulsar sqs artemis gnatsd nsqd beanstalkd burrow"),
    "host": words("node windows"),
    "cluster": words("container kube kubelet kubernetes machine"),
    "edge": words(
        "haproxy nginx nginxplus envoy traefik istio apache caddy kong apisix tyk krakend openresty ambassador contour"
        " nginxlog yarp"
    ),
    "probe": words("probe blackbox smokeping ping"),
    "dns": words("coredn unbound bind dnsmasq coredns"),
    "self": words(
        "scrape prometheus alertmanager alert alerts up go python jvm promhttp process target otel otelcol"
        " statsd pushgateway nodejs dotnet ruby php"
    ),
}
"""The first word of an exporter's names."""
OF_SERVERS: Final = words("select insert update delete ddl exec service txn distsql conn statement failure full")
"""What follows "sql" where a database itself counts (CockroachDB's names), not a client or its pool."""
FAMILY_OF: Final[dict[str, Family]] = {word: family for family, firsts in FIRST_WORDS.items() for word in firsts}
CLOUDS: Final = words("aws azure gcp stackdriver cloudwatch")
"""First words of exporters of clouds, whose second words tell the service."""
CLOUD_FAMILY_OF: Final[dict[str, Family]] = {
    **dict.fromkeys(words("sqs sns kinesis servicebus eventhub pubsub mq kafka"), "queue"),
    **dict.fromkeys(words("rds aurora docdb dynamodb cloudsql sql spanner redshift"), "database"),
    **dict.fromkeys(words("elasticache redis memcached memorystore"), "cache"),
    **dict.fromkeys(words("applicationelb networkelb elb alb apigateway cloudfront frontdoor loadbalancing"), "edge"),
}
TECHNOLOGIES: Final = frozenset(FAMILY_OF) | words(
    "nats coredns exporter exporters services apps servers targets pods mq amqp broker"
)
"""Names of jobs that name a technology, or nothing, rather than a thing."""
SHORT: Final = {
    short: word
    for word, shorts in {
        "request": "req rqst reqst",
        "response": "resp rsp",
        "message": "msg mesg",
        "duration": "dur elaps",
        "latency": "lat",
        "connection": "conn cnx",
        "thread": "thr thrd",
        "memory": "mem",
        "error": "err",
        "failure": "fail failed",
        "timeout": "tmo tmout",
        "count": "cnt",
        "total": "tot",
        "second": "sec",
        "statement": "stmt",
        "query": "qry",
        "transaction": "txn tx",
        "capacity": "cap",
        "server": "srv svr",
    }.items()
    for short in shorts.split()
}
"""Abbreviations that in-house names use, and the word that each stands for."""
CLIENT: Final = words(
    "client outbound upstream egress outgoing external remote dependency downstream callee out provider thirdparty"
    " httpclient webclient restclient resttemplate feign okhttp axio guzzle finch hackney tesla faraday"
)
"""A metric with one of these tells of calls that are made, not of those that arrive."""
MESSAGE: Final = words(
    "message msg job task consumer consume consumed worker listener kafka celery sidekiq amqp rabbit"
    " rabbitmq queue messaging subscriber subscription rq resque bull faktory event watermill masstransit broadway oban"
    " hangfire dramatiq"
)
WAITED: Final = words("delay lag age wait waiting waited latency_since_publish sojourn staleness")
"""How long a message had waited, as against: how long it took."""
SERVED: Final = words("http grpc rpc server request response")
POOL: Final = words(
    "pool hikaricp hikari connection sql datasource dbcp conn r2dbc jdbc c3p0 pgxpool npgsql sqlalchemy lettuce jedis"
)
NO_POOL: Final = words(
    "http grpc tomcat rpc thread executor jvm buffer memory puma websocket jetty undertow netty nginx tcp"
    " worker threadpool"
)
TIMES: Final = words(
    "second duration latency time timer millisecond ms elapsed took handling microsecond us runtime rt took"
)
MILLIS: Final = words("ms millisecond milli msec")
MICROS: Final = words("us microsecond micro usec")
NANOS: Final = words("ns nanosecond nano nsec")
IN_MILLIS: Final = words("envoy")
"""Technologies whose times are milliseconds though no name says so."""
NO_TIME: Final = words(
    "byte size length body payload row batch page item record token amount price score weight depth header packet per"
    " entry value percent ratio"
)
"""What else than time a distribution (`_sum` and `_count`) may be of."""
FILLING: Final = words(
    "svc service cluster local internal prod production live staging stage outbound inbound host hostname database"
    " server http https grpc tcp amqp kubernetes kubernetescrd docker file ecs consul lan backend upstream pool"
    " topic queue stream exchange group deployment app default"
)
"""Words that stand around a name in addresses, connection strings and proxies' names, and tell no two things apart."""
INCOMING: Final = words(
    "source source_service source_app caller caller_service from origin client client_service consumer"
)
"""Labels in which a server names who called it."""
BROKEN: Final = words("error failure failed exception")
"""A counter of these beside one of all, without a status of its own, counts those of them that failed."""
COUNTED: Final = words(
    "request response call message job task handled operation query command event hit reply rq upstreams"
)
NOT_COUNTED: Final = words("byte size error redelivered connection retry body length header packet cache lock")
STORE_WORDS: Final = words("db database sql query statement postgres postgresql mysql mariadb mongo mongodb jdbc orm")
CACHE_WORDS: Final = words("redis memcached valkey cache")
PEER_LABELS: Final = (
    "server_address",
    "server.address",
    "peer_service",
    "peer.service",
    "net_peer_name",
    "target",
    "target_service",
    "peer",
    "upstream",
    "dest",
    "dst",
    "destination",
    "destination_service",
    "callee",
    "remote_service",
    "dependency",
    "provider",
    "client_name",
    "remote",
    "host",
    "rpc_service",
    "rpc.service",
    "grpc_service",
    "service",
    "backend",
    "cluster",
    "name",
    "api",
    "endpoint",
    "url",
    "uri",
)
"""Labels in which clients name the other side, the plainest first."""
PEER_PART: Final = ("peer", "target", "dest", "upstream", "service", "host", "address", "remote", "server", "backend")
STORE_LABELS: Final = (
    "server_address",
    "db_name",
    "db_namespace",
    "database",
    "db",
    "pool",
    "engine",
    "datasource",
    "pool_name",
    "name",
    "db_client_connection_pool_name",
    "db_client_connections_pool_name",
    "client",
    "target",
    "data_source",
    "db_system",
)
"""Labels in which a pool or a database client names its database."""
QUEUE_LABELS: Final = (
    "queue",
    "queue_name",
    "topic",
    "messaging_destination_name",
    "messaging_destination",
    "stream",
    "stream_name",
    "destination",
    "subject",
    "routing_key",
    "exchange",
    "name",
)
GROUP_LABELS: Final = (
    "consumergroup",
    "consumer_group",
    "group",
    "group_id",
    "consumer_name",
    "messaging_consumer_group_name",
    "subscription",
)
INSTANCE_LABELS: Final = (
    "pod",
    "kubernetes_pod_name",
    "k8s_pod_name",
    "k8s.pod.name",
    "pod_name",
    "exported_pod",
    "service_instance_id",
    "service.instance.id",
    "exported_instance",
    "instance",
    "host_name",
    "container_id",
)
"""Labels that tell instances of one workload apart, the best first."""
NODE_LABELS: Final = (
    "node",
    "nodename",
    "host",
    "hostname",
    "k8s_node_name",
    "kubernetes_node",
    "host_name",
    "exported_node",
)
WORKLOAD_LABELS: Final = (
    "container",
    "deployment",
    "statefulset",
    "daemonset",
    "workload",
    "k8s_deployment_name",
    "label_app",
    "pod",
)
NO_ROUTE: Final = words(
    "le quantile method status exception error outcome code result state http_status_code"
    " http_response_status_code http_request_method http_method grpc_code grpc_type rpc_system"
    " rpc_grpc_status_code status_code error_type network_protocol_version network_protocol_name"
    " url_scheme http_flavor http_scheme server_address server_port net_host_name net_host_port version"
    " app_version service_version protocol host vhost"
)
"""Labels that tell no route."""
VERSION_LABELS: Final = (
    "version",
    "service_version",
    "service.version",
    "app_version",
    "app_kubernetes_io_version",
    "image_tag",
    "release",
)
NEVER_OF_TARGET: Final = frozenset((*QUEUE_LABELS, *GROUP_LABELS)) | words(
    "source_workload destination_workload source_canonical_service destination_canonical_service dst_deployment"
    " reporter direction server_address peer target upstream dest destination callee pool code status status_code"
    " outcome result state"
    " method path route handler uri le quantile partition mode device mountpoint datname db_name db_namespace reason"
)
"""Labels that say what of a target is measured, however few values they have."""
