{{/* The base of all names: the release's, so short that -worker-external-service fits behind it. */}}
{{- define "komainu.name" -}}
{{- .Release.Name | trunc 39 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of a workload and of what is its own: komainu, komainu-leader, komainu-worker. Takes dict root, role. */}}
{{- define "komainu.workload" -}}
{{- include "komainu.name" .root -}}{{- if ne .role "all" }}-{{ .role }}{{ end -}}
{{- end -}}

{{/* Name of the Lease: two releases in one namespace elect a leader each. */}}
{{- define "komainu.lease" -}}
{{- .Values.settings.leaseName | default (printf "%s-leader" (include "komainu.name" .)) -}}
{{- end -}}

{{/* -leader, -worker or nothing. */}}
{{- define "komainu.suffix" -}}
{{- if ne . "all" }}-{{ . }}{{ end -}}
{{- end -}}

{{/* The roles of this installation, as JSON. */}}
{{- define "komainu.roles" -}}
{{- if eq .Values.mode "cluster" }}["leader","worker"]{{ else }}["all"]{{ end -}}
{{- end -}}

{{/* The role whose pods carry the traffic. */}}
{{- define "komainu.traffic" -}}
{{- if eq .Values.mode "cluster" }}worker{{ else }}all{{ end -}}
{{- end -}}

{{/* What the values say of a role. Takes dict root, role. */}}
{{- define "komainu.part" -}}
{{- get .root.Values (ternary "instance" .role (eq .role "all")) | toJson -}}
{{- end -}}

{{- define "komainu.commonLabels" -}}
app.kubernetes.io/name: komainu
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* By which a role's pods are found. Takes dict root, role. */}}
{{- define "komainu.selector" -}}
app.kubernetes.io/name: komainu
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- if ne .role "all" }}
app.kubernetes.io/component: {{ .role }}
{{- end }}
{{- end -}}

{{/* Labels of what belongs to a role. Takes dict root, role. */}}
{{- define "komainu.labels" -}}
{{ include "komainu.commonLabels" .root }}
{{- if ne .role "all" }}
app.kubernetes.io/component: {{ .role }}
{{- end }}
{{- end -}}

{{/* Whether status has the addresses of nodes: nothing else says where Ingresses are reached. */}}
{{- define "komainu.publishesNodes" -}}
{{- $said := or .Values.publishAddress .Values.settings.publishService -}}
{{- if and (not $said) (ne .Values.exposure "LoadBalancer") }}true{{ end -}}
{{- end -}}

{{- define "komainu.externalService" -}}
{{ include "komainu.workload" . }}-external-service
{{- end -}}
