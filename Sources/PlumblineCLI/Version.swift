/// The version of Plumbline, as the changelog has it.
let plumblineVersion = "0.1.0"
