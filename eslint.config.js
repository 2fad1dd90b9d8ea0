import eslint from "typescript-eslint";

// prettier owns the layout; these rules are about what the code does, no-floating-promises above all.
const byName = { selector: "ExportDefaultDeclaration", message: "Export by name." };
/** Messages may hold encrypted config. */
const redacted = {
  selector:
    "MemberExpression[object.name='pulumi'][property.name='log'], NewExpression[callee.object.name='pulumi'][callee.property.name='RunError']",
  message: "Say it by Messages (infra/config/messages.ts).",
};

const config = [
  { ignores: ["**/node_modules/", "**/fixtures/", "**/dist/"] },
  ...eslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.js", "policy/*.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers and booleans in messages are wanted; objects and promises are the mistake that this rule is for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-restricted-syntax": ["error", byName],
    },
  },
  {
    files: ["infra/**/*.ts"],
    ignores: ["infra/config/messages.ts", "infra/config/load.ts", "infra/requireNode.ts", "infra/**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", byName, redacted] },
  },
  { files: ["*.config.{js,ts}"], rules: { "no-restricted-syntax": "off" } },
];

export default config;
