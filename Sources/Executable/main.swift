import Foundation
import PlumblineCLI

exit(CommandLineDoor.run(Array(CommandLine.arguments.dropFirst())))
