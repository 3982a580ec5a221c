{{/* The settings of a role, as JSON. Takes dict root, role. */}}
{{- define "komainu.settings" -}}
{{- $values := .root.Values -}}
{{- $settings := dict
  "kubernetes" true
  "stateDir" "/var/lib/komainu"
  "adminHost" "0.0.0.0"
  "shards" 2
  "preStopMs" 10000
  "graceMs" 20000
-}}
{{- if ne .role "all" }}{{ $_ := set $settings "role" .role }}{{ end -}}
{{- if eq .role "leader" }}{{ $_ := set $settings "leaderHosts" $values.leader.hosts }}{{ end -}}
{{- if ne $values.ingressClass.name "komainu" }}{{ $_ := set $settings "ingressClass" $values.ingressClass.name }}{{ end -}}
{{- with $values.namespaces }}{{ $_ := set $settings "namespaces" . }}{{ end -}}
{{- with $values.namespaceSelector }}{{ $_ := set $settings "namespaceSelector" . }}{{ end -}}
{{- with $values.proxyProtocolFrom -}}
{{- $listener := dict "name" "http" "port" 8080 "proxyProtocol" "required" "from" . -}}
{{- $_ := set $settings "listeners" (list $listener) -}}
{{- end -}}
{{- if ne .role "worker" -}}
{{- $lease := include "komainu.lease" .root -}}
{{- if ne $lease "komainu-leader" }}{{ $_ := set $settings "leaseName" $lease }}{{ end -}}
{{- if $values.publishAddress -}}
{{- $_ := set $settings "publishAddress" $values.publishAddress -}}
{{- else if eq $values.exposure "LoadBalancer" -}}
{{- $service := include "komainu.externalService" (dict "root" .root "role" (include "komainu.traffic" .root)) -}}
{{- $_ := set $settings "publishService" (printf "%s/%s" .root.Release.Namespace $service) -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite $settings (deepCopy $values.settings) | toJson -}}
{{- end -}}
