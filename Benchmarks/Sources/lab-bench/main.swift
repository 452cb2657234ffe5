import LabTable

// lab-bench encode | generate FILE MEGABYTES [19] | load FILE [THREADS [REPETITIONS]] | group FILE [THREADS] |
// analyze FILE [THREADS [ANALYZER…]]

let arguments = Array(CommandLine.arguments.dropFirst())
let threads = arguments.count > 2 ? Int(arguments[2]) ?? 2 : 2

switch arguments.first {
case "encode":
  TableBenchmarks.encode(columns: UsageColumn.allCases)
  TableBenchmarks.encode(columns: UsageColumn.contract)
case "generate" where arguments.count >= 3:
  let columns = arguments.count > 3 ? UsageColumn.contract : UsageColumn.allCases
  try TableBenchmarks.generate(arguments[1], megabytes: Int(arguments[2]) ?? 100, columns: columns)
case "load" where arguments.count >= 2:
  _ = try TableBenchmarks.load(
    arguments[1], width: threads, repetitions: arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1)
case "group" where arguments.count >= 2:
  try TableBenchmarks.group(try TableBenchmarks.load(arguments[1], width: threads, repetitions: 1), width: threads)
case "analyze" where arguments.count >= 2:
  try AnalysisBenchmarks.run(arguments[1], width: threads, only: Array(arguments.dropFirst(3)))
default:
  print(
    "usage: lab-bench encode | generate FILE MEGABYTES [19] | load FILE [THREADS [REPETITIONS]] | group FILE [THREADS]"
      + " | analyze FILE [THREADS [ANALYZER…]]")
}
