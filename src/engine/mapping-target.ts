/** Where a mapping leads: an id, or a name that is looked up in Grafana. */
export type MappingTarget = string | NamedTarget;

/** An object of a Grafana, by its name. */
export interface NamedTarget {
  readonly name: string;
  /** Of a datasource. */
  readonly type?: string | undefined;
}
