interface HasConditions<C> {
  readonly conditions?: readonly C[] | undefined;
}

/** The condition of that type, in the status of an object (metav1.Condition). */
export function conditionOf<C extends { readonly type: string }>(
  status: HasConditions<C> | undefined,
  type: string,
): C | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of that type is True. One that is not there is not. */
export function isTrue(
  status: HasConditions<{ readonly type: string; readonly status: string }> | undefined,
  type: string,
): boolean {
  return conditionOf(status, type)?.status === "True";
}
