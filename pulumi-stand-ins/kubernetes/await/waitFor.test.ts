import { describe, expect, test } from "vitest";
import { evaluate, parseWaitFor } from "./waitFor.ts";

const object = {
  metadata: { generation: 2 },
  spec: {
    items: [
      { name: "a", port: 1 },
      { name: "b", port: 80 },
    ],
    on: true,
  },
  status: {
    observedGeneration: 2,
    empty: "",
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Agreed", status: "False", reason: "Split", message: "two answers" },
    ],
  },
};

describe("waitFor", () => {
  test.each([
    ["jsonpath={.status.empty}"],
    ["jsonpath={$.spec.on}=true"],
    ["jsonpath={.spec.items[?(@.name=='b')].port}=80"],
    ["jsonpath={.spec.items[*].port}=1"],
    ["condition=Ready"],
    ["condition=Agreed=False"],
    ['["condition=Ready", "jsonpath={.spec.on}"]'],
  ])("%s holds", (annotation) => {
    expect(evaluate(parseWaitFor(annotation), object)).toEqual({ done: true, messages: [] });
  });

  test.each([
    ["jsonpath={.status.ipv4}", "{.status.ipv4} selected nothing"],
    ["jsonpath={.spec.items[0].port}=80", 'Waiting for {.spec.items[0].port}=80 (found "1")'],
    ["condition=Agreed", "Waiting for condition Agreed=True (found False, Split: two answers)"],
    ["condition=Other", "Waiting for condition Other"],
    ['["condition=Ready", "jsonpath={.status.ipv4}"]', "{.status.ipv4} selected nothing"],
  ])("%s does not hold, and says why", (annotation, message) => {
    expect(evaluate(parseWaitFor(annotation), object)).toEqual({ done: false, messages: [["info", message]] });
  });

  test("a status that is older than the object is not believed", () => {
    const stale = { ...object, status: { ...object.status, observedGeneration: 1 } };
    expect(evaluate(parseWaitFor("condition=Ready"), stale)).toEqual({
      done: false,
      messages: [["info", "Generation 1 is less than expected 2"]],
    });
  });

  test("no conditions yet are a warning", () => {
    expect(evaluate(parseWaitFor("condition=Ready"), {}).messages).toEqual([["warning", "Has no .status.conditions"]]);
  });

  test.each([["status.ipv4"], ["jsonpath=.status"], ["jsonpath={.a}=b=c"], ["jsonpath={.a[?(@.b != 1)]}"], ["[]"]])(
    "%s is refused",
    (annotation) => {
      expect(() => parseWaitFor(annotation)).toThrow(/waitFor/);
    },
  );

  test("an object has no value to compare", () => {
    expect(() => evaluate(parseWaitFor("jsonpath={.spec}=x"), object)).toThrow("non-primitive");
  });
});
