interface HasConditions<C> {
  readonly conditions?: readonly C[] | undefined;
}

/** Returns the condition of that type from the status of an object (metav1.Condition). */
export function conditionOf<C extends { readonly type: string }>(
  status: HasConditions<C> | undefined,
  type: string,
): C | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Reports whether the condition of that type is True. An absent condition is not. */
export function isTrue(
  status: HasConditions<{ readonly type: string; readonly status: string }> | undefined,
  type: string,
): boolean {
  return conditionOf(status, type)?.status === "True";
}
