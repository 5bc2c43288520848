/** Parts of Loki in its mode "simple scalable": https://grafana.com/docs/loki/latest/get-started/deployment-modes/ */
export const LOKI_PARTS = ["read", "write", "backend"] as const;

/** Ports that the parts use among themselves. */
export const LOKI_GRPC = 9095;
export const LOKI_MEMBERS = 7946;

/** How many ingesters store each line. */
const REPLICATION = 3;

/** The configuration of a single Loki for several, which find each other through `members` and share an S3 store. */
export function scalableConfiguration(
  single: Readonly<Record<string, unknown>>,
  { members, backend }: { readonly members: string; readonly backend: string },
): Record<string, unknown> {
  // These settings are for an ingester that is alone.
  const { ingester: _alone, ...rest } = single;
  return {
    ...rest,
    common: {
      path_prefix: "/loki",
      replication_factor: REPLICATION,
      ring: { kvstore: { store: "memberlist" } },
      compactor_address: `http://${backend}`,
    },
    memberlist: { bind_port: LOKI_MEMBERS, join_members: [`${members}:${LOKI_MEMBERS}`] },
  };
}

/** The Caddyfile of a gateway with the same paths as a single Loki. */
export function gatewayFile(port: number, address: (part: (typeof LOKI_PARTS)[number]) => string): string {
  return `{
	admin off
	auto_https off
}

http://:${port} {
	@write path /loki/api/v1/push /otlp/* /ingester/* /flush
	@backend path /loki/api/v1/delete /loki/api/v1/cache/* /compactor/*
	handle @write {
		reverse_proxy ${address("write")}
	}
	handle @backend {
		reverse_proxy ${address("backend")}
	}
	handle {
		reverse_proxy ${address("read")}
	}
}
`;
}
