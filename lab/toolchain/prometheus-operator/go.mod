// Not built: its custom resource definitions are what the monitoring objects are checked against.
module esddns.io/lab/toolchain/prometheus-operator

go 1.23.0

require github.com/prometheus-operator/prometheus-operator v0.79.2
