// pulumi-resource-kubernetes is the real plugin, started as its own main package starts it. That one embeds a schema and a
// mapping of Terraform's names, which a build of the project makes first; programs in Node.js ask for neither.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

// After the release 4.24.0; the SDK of this project expects a later one, of which the CLI warns.
const version = "4.24.0+f47bc2d6f199"

func main() {
	provider.Serve("kubernetes", version, []byte("{}"), []byte("{}"))
}
