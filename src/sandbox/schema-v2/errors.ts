/** A dashboard that Grafana can't convert between schemas. */
export class CannotConvert extends Error {}

/** A layout refers to a missing element. */
export function missingElement(element: string): CannotConvert {
  const why = `panel with uid ${element} not found in the dashboard elements`;
  return new CannotConvert(`failed to convert dashboard spec: failed to convert panels: ${why}`);
}
