/**
 * The annotation `pulumi.com/waitFor`: `jsonpath={.path}`, `jsonpath={.path}=value`, `condition=Type`,
 * `condition=Type=Status`, or a JSON array of them, all of which must hold. JSONPath is RFC 9535 without its `$`.
 */
import { compile } from "json-p3";
import { isObject, listAt, stringAt } from "../../shared/values.ts";
import type { Json, JsonObject } from "../../shared/values.ts";
import { isBehind } from "../objects.ts";
import { generationMessage } from "./waiting.ts";
import type { Progress } from "./waiting.ts";

export type Expression = (object: JsonObject) => Progress;

/** Rejects what the real plugin cannot read, too: a value, or a filter other than `==`, that contains a single `=`. */
export function parseWaitFor(annotation: string): readonly Expression[] {
  if (!annotation.trim().startsWith("[")) return [parseExpression(annotation)];
  const list = JSON.parse(annotation) as unknown;
  if (!Array.isArray(list) || list.length === 0) throw new Error(`waitFor: an empty list of conditions: ${annotation}`);
  return list.map((item) => parseExpression(String(item)));
}

export function evaluate(expressions: readonly Expression[], object: JsonObject): Progress {
  if (isBehind(object)) return { done: false, messages: [["info", generationMessage(object)]] };
  const results = expressions.map((expression) => expression(object));
  return { done: results.every(({ done }) => done), messages: results.flatMap(({ messages }) => messages) };
}

function parseExpression(text: string): Expression {
  if (text.startsWith("jsonpath=")) return parseJsonPath(text.slice("jsonpath=".length));
  if (text.startsWith("condition=")) return parseCondition(text.slice("condition=".length));
  throw new Error(`waitFor: expected a "jsonpath=" or "condition=" prefix, got ${JSON.stringify(text)}`);
}

function parseJsonPath(text: string): Expression {
  const [path = "", expected, ...rest] = text.split(/(?<!=)=(?!=)/);
  const inner = /^\{(.+)\}$/.exec(path)?.[1];
  if (inner === undefined || rest.length > 0) {
    throw new Error(`waitFor: expected jsonpath={.path} or jsonpath={.path}=value, got ${JSON.stringify(text)}`);
  }
  const query = compile(inner.startsWith("$") ? inner : `$${inner}`);
  return (object) => {
    const node = query.query(object).nodes[0];
    if (node === undefined) return pending("info", `${path} selected nothing`);
    return judge(path, node.value as Json, expected);
  };
}

function judge(path: string, found: Json, expected: string | undefined): Progress {
  if (expected === undefined) return { done: true, messages: [] };
  if (Array.isArray(found) || isObject(found)) {
    throw new Error(`${path} has a non-primitive value (${JSON.stringify(found)})`);
  }
  const text = found === null ? "<nil>" : String(found);
  if (text === expected) return { done: true, messages: [] };
  return pending("info", `Waiting for ${path}=${expected} (found "${text}")`);
}

function parseCondition(text: string): Expression {
  const [type = "", ...rest] = text.split("=");
  const status = rest.length > 0 ? rest.join("=") : "True";
  return (object) => {
    const conditions = listAt(object, "status", "conditions");
    if (conditions.length === 0) return pending("warning", "Has no .status.conditions");
    const condition = conditions.find((candidate) => stringAt(candidate, "type") === type);
    if (condition === undefined) return pending("info", `Waiting for condition ${type}`);
    const found = stringAt(condition, "status") ?? "";
    if (found === status) return { done: true, messages: [] };
    const why = [stringAt(condition, "reason"), stringAt(condition, "message")].filter((part) => part).join(": ");
    return pending("info", `Waiting for condition ${type}=${status} (found ${found}${why === "" ? "" : `, ${why}`})`);
  };
}

function pending(severity: "info" | "warning", message: string): Progress {
  return { done: false, messages: [[severity, message]] };
}
