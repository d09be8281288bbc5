import "./switches";
