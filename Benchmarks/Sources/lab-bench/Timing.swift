import Glibc

/// Seconds of a monotonic clock.
func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Runs `body` several times and gives the shortest time with the last result.
func best<Result>(of repetitions: Int, _ body: () throws -> Result) rethrows -> (seconds: Double, result: Result) {
  var shortest = Double.infinity
  for _ in 1..<max(repetitions, 1) {
    let start = seconds()
    _ = try body()
    shortest = min(shortest, seconds() - start)
  }
  let start = seconds()
  let result = try body()
  return (min(shortest, seconds() - start), result)
}

/// Seconds that the threads of this process have worked.
func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The shortest times of several runs, which need not be those of one run, and the last result.
struct Measured<Result> {
  var seconds = Double.infinity
  var cpuSeconds = Double.infinity
  var result: Result

  /// Milliseconds on the wall and, in parentheses, of CPU.
  var text: String { "\(fixed(seconds * 1000, 1)) (\(fixed(cpuSeconds * 1000, 1)))" }
}

/// Runs `body` several times and gives the shortest times, of CPU too, with the last result.
func measured<Result>(best repetitions: Int, _ body: () throws -> Result) rethrows -> Measured<Result> {
  var cpu = Double.infinity
  let (wall, result) = try best(of: repetitions) {
    let start = cpuSeconds()
    let result = try body()
    cpu = min(cpu, cpuSeconds() - start)
    return result
  }
  return Measured(seconds: wall, cpuSeconds: cpu, result: result)
}

/// Lets `VmHWM` begin anew at what is resident now.
func resetPeakMemory() {
  guard let file = fopen("/proc/self/clear_refs", "w") else { return }
  fputs("5", file)
  fclose(file)
}

/// A figure of `/proc/self/status` (`VmHWM` is the most memory that was resident) in megabytes.
func memory(_ key: String) -> Double {
  guard let file = fopen("/proc/self/status", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, Int32(line.count), file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if text.hasPrefix(key + ":") {
      let digits = text.filter { $0.isNumber }
      return (Double(digits) ?? 0) / 1024
    }
  }
  return 0
}

/// A number with a fixed count of decimals.
func fixed(_ value: Double, _ places: Int = 2) -> String {
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let scaled = (value * scale).rounded() / scale
  var text = "\(scaled)"
  if let dot = text.firstIndex(of: ".") {
    let decimals = text.distance(from: dot, to: text.endIndex) - 1
    text += String(repeating: "0", count: max(0, places - decimals))
  }
  return text
}
