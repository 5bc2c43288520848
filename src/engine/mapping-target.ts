/** Where a mapping leads: an id, or a name that is looked up in Grafana. */
export type MappingTarget = string | NamedTarget;

/** An object of a Grafana, by its name. */
export interface NamedTarget {
  readonly name: string;
  /** Only for datasources: the type that references to the datasource get, such as `loki`. */
  readonly type?: string | undefined;
}
