// Stand-in for the module of this name, of which v0.0.27 cannot be had: see api/v1beta1.
module github.com/metallb/frr-k8s

go 1.26.0

require (
	k8s.io/apimachinery v0.37.1
)
