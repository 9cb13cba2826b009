// Grafana's own types of dashboards, put together to what may be in ours: Grafana leaves open what the options and queries
// of a panel are, since these hang on its type, and calls any string a unit.

import type { Dashboard as AnyDashboard, FieldConfig, FieldConfigSource, Panel as AnyPanel, RowPanel } from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  FieldConfig as TimeSeriesFields,
  Options as TimeSeriesOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
// Later packages have no Prometheus: it has become a plugin.
import type { PrometheusDataQuery } from "grafana-schema-10/dist/esm/raw/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen";
import type * as units from "@grafana/grafana-foundation-sdk/units";

// A type as JSON has it: values in place of the names of an enum.
type Json<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

type Unit = Extract<(typeof units)[keyof typeof units], string> | `suffix:${string}`;

// Of the grid's 24 columns.
type Column = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21 | 22 | 23;
type GridPos = { h: number; w: Exclude<Column, 0> | 24; x: Column; y: number };

type DataSource = { type: "prometheus"; uid: string };
type Query = Omit<Json<PrometheusDataQuery>, "datasource"> & { datasource: DataSource };

// Options that are left out have Grafana's defaults.
type PanelOf<Type, Options, Custom> = Omit<
  Json<AnyPanel>,
  "type" | "id" | "title" | "description" | "gridPos" | "datasource" | "fieldConfig" | "options" | "targets"
> & {
  type: Type;
  id: number;
  title: string;
  description: string;
  gridPos: GridPos;
  datasource: DataSource;
  fieldConfig: Omit<Json<FieldConfigSource>, "defaults"> & {
    defaults: Omit<Json<FieldConfig>, "custom" | "unit"> & { custom?: Json<Custom>; unit: Unit };
  };
  options: Partial<Json<Options>>;
  targets: Query[];
};

type Row = Omit<Json<RowPanel>, "gridPos" | "panels"> & { gridPos: GridPos; panels: [] };
type Panel =
  | Row
  | PanelOf<"stat", StatOptions, Record<string, never>>
  | PanelOf<"timeseries", TimeSeriesOptions, TimeSeriesFields>;

export type Dashboard = Omit<Json<AnyDashboard>, "panels" | "title" | "uid"> & {
  panels: Panel[];
  title: string;
  uid: string;
};
