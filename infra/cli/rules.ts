/**
 * Runs `npm run rules -- NAMESPACE [SECONDS]`: prints the alerts of a stack as a rules file, for a Prometheus without
 * its operator.
 */
import { stringify } from "yaml";
import { monitoringSchema } from "../config/keys/monitoring.ts";
import { ruleGroups } from "../monitoring/rules.ts";

/** RFC 1123. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const [namespace, interval = "300", ...more] = process.argv.slice(2);
if (namespace === undefined || !NAMESPACE.test(namespace) || !/^[1-9]\d*$/.test(interval) || more.length > 0) {
  process.stderr.write(
    "rules: say the stack's namespace and, where it is not 300, detection.intervalSeconds: npm run rules -- esddns-production\n",
  );
  process.exitCode = 2;
} else {
  const { runbooks } = monitoringSchema.parse({});
  process.stdout.write(stringify(ruleGroups({ namespace, intervalSeconds: Number(interval) }, runbooks)));
}
